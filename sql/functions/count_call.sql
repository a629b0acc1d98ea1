CREATE OR REPLACE FUNCTION ops.count_call(p_key text, p_limit integer)
RETURNS text
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT coalesce(ops.count_in_window(p_key, 60, p_limit, 1)::text, '')
$$;
COMMENT ON FUNCTION ops.count_call IS
  'Counts one call of a minute. Returns an empty text when the call may go on, else the refusal as JSON text. Committed before the work, so a call that fails is counted too.';
SELECT ops.publish_function('ops.count_call', 'app_login', 'app_service');
