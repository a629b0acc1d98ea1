CREATE OR REPLACE FUNCTION ops.refuse(p_code text, p_details jsonb DEFAULT '{}')
RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT jsonb_build_object('refused', p_code, 'details', p_details)
$$;
COMMENT ON FUNCTION ops.refuse IS
  'A business refusal, returned and not raised: its call stays counted, and nothing private lands in the database''s log.';
SELECT ops.publish_function('ops.refuse');
