CREATE OR REPLACE FUNCTION ops.unclaimed_keys(p_keys text[])
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN jsonb_build_object('armed', ops.deleting_is_armed(), 'keys', coalesce((
    SELECT jsonb_agg(key ORDER BY key COLLATE "C") FROM unnest(p_keys) AS key WHERE NOT ops.key_is_claimed(key)
  ), '[]'));
END
$$;
COMMENT ON FUNCTION ops.unclaimed_keys IS
  'Those of the keys that no recording and no upload has, in whatever state; and whether deleting is armed.';
SELECT ops.publish_function('ops.unclaimed_keys', 'app_service');
