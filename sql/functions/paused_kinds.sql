CREATE OR REPLACE FUNCTION ops.paused_kinds()
RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT coalesce(array_agg(substr(name, 5) ORDER BY name), '{}')
  FROM ops.feature_flags
  WHERE name LIKE 'job:%' AND NOT (ops.decide_flag(name, NULL)).is_on
$$;
COMMENT ON FUNCTION ops.paused_kinds IS
  'The kinds of jobs that no worker claims now, because the operator paused them. Their jobs wait: they are not late.';
SELECT ops.publish_function('ops.paused_kinds');
