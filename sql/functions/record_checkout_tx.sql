CREATE OR REPLACE FUNCTION ops.record_checkout_tx(
  p_family_id uuid,
  p_customer_id text,
  p_previous_session_id text,
  p_session_id text,
  p_plan text,
  p_interval text
)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_customer ops.billing_customers;
BEGIN
  IF NOT rls.is_keeper_of(p_family_id) THEN
    RETURN ops.refuse('FORBIDDEN');
  END IF;
  INSERT INTO ops.billing_customers (family_id, customer_id) VALUES (p_family_id, p_customer_id)
  ON CONFLICT (family_id) DO NOTHING;
  SELECT * INTO STRICT v_customer FROM ops.billing_customers WHERE family_id = p_family_id FOR NO KEY UPDATE;

  IF v_customer.subscription_id IS NOT NULL THEN
    RETURN ops.refuse('CONFLICT', '{"reason": "subscribed"}');
  END IF;
  -- Of two calls at once the first to replace the session that both read wins; the other must let its own session expire.
  IF v_customer.customer_id = p_customer_id AND v_customer.checkout_session_id IS NOT DISTINCT FROM p_previous_session_id THEN
    UPDATE ops.billing_customers
    SET checkout_session_id = p_session_id, checkout_plan = p_plan, checkout_interval = p_interval
    WHERE family_id = p_family_id;
    PERFORM ops.capture_event('billing_checkout_started', auth.uid(), jsonb_build_object(
      'family_id', p_family_id, 'plan', p_plan, 'interval', p_interval), p_family_id::text);
    v_customer.checkout_session_id := p_session_id;
  END IF;
  RETURN jsonb_build_object('customer_id', v_customer.customer_id, 'checkout_session_id', v_customer.checkout_session_id);
END
$$;
COMMENT ON FUNCTION ops.record_checkout_tx IS
  'Makes a checkout session the one of the family, unless another call did so since the caller read. Returns the session that is stored. Refuses FORBIDDEN, CONFLICT subscribed.';
SELECT ops.publish_function('ops.record_checkout_tx', 'app_service');
