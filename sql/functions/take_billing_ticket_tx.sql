CREATE OR REPLACE FUNCTION ops.take_billing_ticket_tx(
  p_customer_id text DEFAULT NULL,
  p_family_id uuid DEFAULT NULL,
  p_event_id text DEFAULT NULL
)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_event ops.stripe_events;
  v_customer ops.billing_customers;
BEGIN
  IF p_event_id IS NOT NULL THEN
    UPDATE ops.stripe_events SET attempts = attempts + 1 WHERE event_id = p_event_id RETURNING * INTO v_event;
    p_customer_id := v_event.customer_id;
  END IF;
  -- Only our own row says which family a customer is: what an event's metadata claims is not believed.
  UPDATE ops.billing_customers SET ticket = ticket + 1
  WHERE customer_id = p_customer_id OR family_id = p_family_id
  RETURNING * INTO v_customer;
  RETURN pg_catalog.jsonb_build_object(
    'event_state', v_event.state,
    'family_id', v_customer.family_id,
    'customer_id', v_customer.customer_id,
    'ticket', v_customer.ticket,
    'plan', (SELECT plan FROM public.entitlements WHERE family_id = v_customer.family_id));
END
$$;
COMMENT ON FUNCTION ops.take_billing_ticket_tx IS
  'A ticket for one fetch of a family''s subscription from Stripe, committed before the fetch. By event, customer or family; family_id is null where nobody of ours is meant.';
SELECT ops.publish_function('ops.take_billing_ticket_tx', 'app_service');
