CREATE OR REPLACE FUNCTION ops.idempotency_period()
RETURNS interval
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT interval '24 hours'
$$;
COMMENT ON FUNCTION ops.idempotency_period IS
  'For how long a call with the same Idempotency-Key returns what the first one made.';
SELECT ops.publish_function('ops.idempotency_period');
