CREATE OR REPLACE FUNCTION ops.seconds_since(p_moment timestamptz)
RETURNS bigint
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT extract(epoch FROM now() - p_moment)::bigint
$$;
COMMENT ON FUNCTION ops.seconds_since IS 'Whole seconds between a moment and the beginning of the present transaction.';
SELECT ops.publish_function('ops.seconds_since');
