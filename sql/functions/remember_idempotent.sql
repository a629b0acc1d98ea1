CREATE OR REPLACE FUNCTION ops.remember_idempotent(p_operation text, p_key text, p_request_hash text, p_result jsonb)
RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
  INSERT INTO ops.idempotency_keys (user_id, operation, key, request_hash, result)
  SELECT auth.uid(), p_operation, p_key, p_request_hash, p_result
  WHERE p_key IS NOT NULL
$$;
COMMENT ON FUNCTION ops.remember_idempotent IS
  'Stores, under the caller''s Idempotency-Key, the ids from which the same answer can be made again.';
SELECT ops.publish_function('ops.remember_idempotent');
