CREATE OR REPLACE FUNCTION ops.tally_bucket(p_milliseconds double precision)
RETURNS integer
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT round(4 * log(2, greatest(1, p_milliseconds)::numeric))::integer
$$;
COMMENT ON FUNCTION ops.tally_bucket IS 'The bucket of ops.tallies for a duration; a duration below 1 ms counts as 1 ms.';
SELECT ops.publish_function('ops.tally_bucket');
