CREATE OR REPLACE FUNCTION ops.take_billing_ticket_tx(p_family_id uuid DEFAULT NULL, p_event_id text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_customer_id text;
  v_customer ops.billing_customers;
BEGIN
  IF p_event_id IS NOT NULL THEN
    UPDATE ops.stripe_events SET attempts = attempts + 1 WHERE event_id = p_event_id RETURNING customer_id INTO v_customer_id;
  END IF;
  -- Only our own row says which family a customer belongs to: metadata in an event is not trusted.
  UPDATE ops.billing_customers SET ticket = ticket + 1
  WHERE customer_id = v_customer_id OR family_id = p_family_id
  RETURNING * INTO v_customer;
  RETURN jsonb_build_object(
    'family_id', v_customer.family_id,
    'customer_id', v_customer.customer_id,
    'ticket', v_customer.ticket);
END
$$;
COMMENT ON FUNCTION ops.take_billing_ticket_tx IS
  'Takes a ticket for one fetch of a family''s subscription from Stripe, committed before the fetch. By event or by family; family_id is null where the customer belongs to no family.';
SELECT ops.publish_function('ops.take_billing_ticket_tx', 'app_service');
