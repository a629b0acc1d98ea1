CREATE OR REPLACE FUNCTION ops.record_stripe_event_tx(
  p_event_id text,
  p_type text,
  p_livemode boolean,
  p_happened_at timestamptz,
  p_customer_id text,
  p_object_id text,
  p_relevant boolean
)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_stored boolean;
  v_job_id uuid;
BEGIN
  INSERT INTO ops.stripe_events (event_id, type, livemode, happened_at, customer_id, object_id, state, request_id)
  VALUES (p_event_id, p_type, p_livemode, p_happened_at, p_customer_id, p_object_id,
          CASE WHEN p_relevant THEN 'stored' ELSE 'ignored' END, ops.request_id())
  ON CONFLICT (event_id) DO NOTHING;
  v_stored := FOUND;
  -- The event and its job are committed together, or neither is.
  IF v_stored AND p_relevant THEN
    v_job_id := ops.enqueue_job(
      'apply_stripe_event',
      jsonb_build_object('event_id', p_event_id),
      'billing/' || coalesce(p_customer_id, p_event_id),
      'stripe/' || p_event_id);
  END IF;
  RETURN jsonb_build_object('stored', v_stored, 'job_id', v_job_id);
END
$$;
COMMENT ON FUNCTION ops.record_stripe_event_tx IS
  'Stores an event once, with the job that applies it. stored is false where the event was there already.';
SELECT ops.publish_function('ops.record_stripe_event_tx', 'app_service');
