CREATE OR REPLACE FUNCTION ops.record_customer_tx(p_family_id uuid, p_customer_id text)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT rls.is_keeper_of(p_family_id) THEN
    RETURN ops.refuse('FORBIDDEN');
  END IF;
  INSERT INTO ops.billing_customers (family_id, customer_id) VALUES (p_family_id, p_customer_id)
  ON CONFLICT (family_id) DO NOTHING;
  RETURN (
    SELECT pg_catalog.jsonb_build_object('customer_id', customer_id)
    FROM ops.billing_customers WHERE family_id = p_family_id
  );
END
$$;
COMMENT ON FUNCTION ops.record_customer_tx(uuid, text) IS 'Writes the family''s Stripe customer where there is none yet, and answers the one that stands: the first one written wins, for ever.';
SELECT ops.publish('ops.record_customer_tx', 'app_service');
