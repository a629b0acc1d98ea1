CREATE OR REPLACE FUNCTION ops.settle_stripe_event_tx(p_event_id text, p_state text, p_error text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE ops.stripe_events SET state = p_state, last_error = p_error WHERE event_id = p_event_id AND state <> 'applied';
  RETURN '{}';
END
$$;
COMMENT ON FUNCTION ops.settle_stripe_event_tx IS
  'Notes that an event was ignored, failed (it will be tried again) or is dead. An applied event stays applied.';
SELECT ops.publish_function('ops.settle_stripe_event_tx', 'app_service');
