CREATE OR REPLACE FUNCTION ops.upload_block(p_entitlement public.entitlements)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE
    WHEN p_entitlement.status IN ('active', 'trialing') THEN NULL
    WHEN p_entitlement.status = 'past_due'
      AND clock_timestamp() < p_entitlement.current_period_end + ops.past_due_grace() THEN NULL
    ELSE 'SUBSCRIPTION_INACTIVE'
  END
$$;
COMMENT ON FUNCTION ops.upload_block IS
  'The code with which an upload of the family is refused by its billing state; null when the family may upload. past_due may for ops.past_due_grace() after the end of the period.';
SELECT ops.publish_function('ops.upload_block');
