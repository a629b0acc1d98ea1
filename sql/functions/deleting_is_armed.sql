CREATE OR REPLACE FUNCTION ops.deleting_is_armed()
RETURNS boolean
LANGUAGE sql STABLE
SET search_path = ''
AS $$
  SELECT coalesce((SELECT enabled FROM ops.feature_flags WHERE name = 'deleting_armed'), false)
$$;
COMMENT ON FUNCTION ops.deleting_is_armed() IS 'Whether schedules may delete objects. A flag that is missing means no.';
SELECT ops.publish('ops.deleting_is_armed');
