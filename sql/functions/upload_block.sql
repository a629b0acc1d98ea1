CREATE OR REPLACE FUNCTION ops.upload_block(p_entitlement public.entitlements)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE
    WHEN p_entitlement.suspended_at IS NOT NULL THEN 'ENTITLEMENT_INACTIVE'
    WHEN p_entitlement.status IN ('active', 'trialing') THEN NULL
    WHEN p_entitlement.status = 'past_due'
      AND clock_timestamp() < p_entitlement.current_period_end + ops.past_due_grace() THEN NULL
    ELSE 'SUBSCRIPTION_INACTIVE'
  END
$$;
COMMENT ON FUNCTION ops.upload_block IS
  'Why a family may not upload, apart from room and length; null when it may. past_due has seven days of grace after the period''s end.';
SELECT ops.publish_function('ops.upload_block');
