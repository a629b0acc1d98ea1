-- How long the trash keeps a recording, as one constant. It stands here and not in sql/functions, since a view calls it and
-- views are made before the functions of files.

CREATE FUNCTION rls.days_in_trash()
RETURNS integer
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT 30
$$;
COMMENT ON FUNCTION rls.days_in_trash() IS
  'How many days a deleted recording can be restored; after them cleanup_media purges it. Readers of the view wire.recordings execute it, for the days that are left.';
SELECT ops.publish_function('rls.days_in_trash', 'authenticated');
