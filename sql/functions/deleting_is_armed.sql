CREATE OR REPLACE FUNCTION ops.deleting_is_armed()
RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT coalesce((
    SELECT enabled AND bound_to = ops.database_identity() FROM ops.feature_flags WHERE name = 'deleting_armed'
  ), false)
$$;
COMMENT ON FUNCTION ops.deleting_is_armed IS
  'Whether schedules may delete objects. False where the flag is missing, or was set in the database that this one was restored from.';
SELECT ops.publish_function('ops.deleting_is_armed');
