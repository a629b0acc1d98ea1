CREATE OR REPLACE FUNCTION ops.own_id()
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  -- A transaction-local setting that has ended reads as '', not as NULL.
  SELECT nullif(current_setting('sun.own_id', true), '')
$$;
COMMENT ON FUNCTION ops.own_id IS
  'The id that the app gave to the request or job whose message is running; null outside a message. A caller may choose ops.request_id(), but never this one, so this one may be mailed.';
SELECT ops.publish_function('ops.own_id');
