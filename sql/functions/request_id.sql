CREATE OR REPLACE FUNCTION ops.request_id()
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  -- A transaction-local setting that has ended reads as '', not as NULL.
  SELECT nullif(current_setting('sun.request_id', true), '')
$$;
COMMENT ON FUNCTION ops.request_id IS
  'The id of the request whose message is running; null outside a message. Each message sets it for its own transaction alone. Stored with jobs, events and alerts.';
SELECT ops.publish_function('ops.request_id');
