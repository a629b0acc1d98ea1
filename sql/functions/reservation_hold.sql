CREATE OR REPLACE FUNCTION ops.reservation_hold()
RETURNS interval
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT interval '2 hours'
$$;
COMMENT ON FUNCTION ops.reservation_hold IS
  'For how long a reservation holds its bytes against the quota, counted from its newest URL.';
SELECT ops.publish_function('ops.reservation_hold');
