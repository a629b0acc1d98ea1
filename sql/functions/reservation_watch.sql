CREATE OR REPLACE FUNCTION ops.reservation_watch()
RETURNS interval
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT interval '14 days'
$$;
COMMENT ON FUNCTION ops.reservation_watch IS
  'For how long settle_uploads looks for the object of a reservation, counted from its newest URL.';
SELECT ops.publish_function('ops.reservation_watch');
