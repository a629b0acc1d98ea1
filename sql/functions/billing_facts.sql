CREATE OR REPLACE FUNCTION ops.billing_facts(p_family_id uuid)
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT rls.is_keeper_of(p_family_id) THEN
    RETURN ops.refuse('FORBIDDEN');
  END IF;
  RETURN (
    SELECT jsonb_build_object(
      'family_id', entitlement.family_id,
      'customer_id', customer.customer_id,
      'subscribed', customer.subscription_id IS NOT NULL,
      'checkout_session_id', customer.checkout_session_id,
      'checkout_plan', customer.checkout_plan,
      'checkout_interval', customer.checkout_interval)
    FROM public.entitlements AS entitlement
    LEFT JOIN ops.billing_customers AS customer USING (family_id)
    WHERE entitlement.family_id = p_family_id
  );
END
$$;
COMMENT ON FUNCTION ops.billing_facts IS
  'What checkout and portal read before they call Stripe. Refuses FORBIDDEN unless the caller is a keeper.';
SELECT ops.publish_function('ops.billing_facts', 'app_service');
