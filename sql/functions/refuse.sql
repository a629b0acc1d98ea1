CREATE OR REPLACE FUNCTION ops.refuse(p_code text, p_details jsonb DEFAULT '{}')
RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT jsonb_build_object('refused', p_code, 'details', p_details)
$$;
COMMENT ON FUNCTION ops.refuse IS
  'A business refusal. It is returned and not raised, so that its call stays counted and nothing private reaches the log of the database.';
SELECT ops.publish_function('ops.refuse');
