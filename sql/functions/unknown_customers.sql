CREATE OR REPLACE FUNCTION ops.unknown_customers(p_customer_ids text[])
RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT jsonb_build_object('customer_ids', coalesce(jsonb_agg(given.customer_id), '[]'))
  FROM unnest(p_customer_ids) AS given (customer_id)
  WHERE NOT EXISTS (SELECT FROM ops.billing_customers WHERE customer_id = given.customer_id)
$$;
COMMENT ON FUNCTION ops.unknown_customers IS
  'Those of the Stripe customers that belong to no family: for reconcile_billing, which walks the subscriptions in Stripe.';
SELECT ops.publish_function('ops.unknown_customers', 'app_service');
