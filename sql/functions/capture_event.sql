CREATE OR REPLACE FUNCTION ops.capture_event(p_event text, p_user_id uuid, p_properties jsonb, p_lane text)
RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT ops.enqueue_job(
    'capture_events',
    jsonb_build_object(
      'event', p_event,
      'user_id', p_user_id,
      'properties', p_properties,
      'happened_at', now()),
    'analytics/' || p_lane)
$$;
COMMENT ON FUNCTION ops.capture_event IS
  'Enqueues one product event in the caller''s transaction, so that it is sent only if that transaction commits. Properties hold ids and numbers only.';
SELECT ops.publish_function('ops.capture_event');
