CREATE OR REPLACE FUNCTION ops.past_due_grace()
RETURNS interval
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT interval '7 days'
$$;
COMMENT ON FUNCTION ops.past_due_grace IS
  'For how long after the end of the paid period a family that is past_due may still upload.';
SELECT ops.publish_function('ops.past_due_grace');
