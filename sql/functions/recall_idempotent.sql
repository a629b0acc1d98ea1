CREATE OR REPLACE FUNCTION ops.recall_idempotent(p_operation text, p_key text, p_request_hash text)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_found ops.idempotency_keys;
BEGIN
  IF p_key IS NULL THEN
    RETURN NULL;
  END IF;
  -- Of two calls with one key at once the second waits here, and then finds what the first one made.
  PERFORM pg_advisory_xact_lock(
    hashtextextended('idempotency/' || auth.uid() || '/' || p_operation || '/' || p_key, 0));
  DELETE FROM ops.idempotency_keys
  WHERE user_id = auth.uid() AND operation = p_operation AND key = p_key
    AND created_at < clock_timestamp() - ops.idempotency_period();
  SELECT * INTO v_found FROM ops.idempotency_keys
  WHERE user_id = auth.uid() AND operation = p_operation AND key = p_key;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  IF v_found.request_hash <> p_request_hash THEN
    RETURN ops.refuse('CONFLICT', '{"reason": "idempotency_key_reused"}');
  END IF;
  RETURN v_found.result;
END
$$;
COMMENT ON FUNCTION ops.recall_idempotent IS
  'What the caller''s Idempotency-Key made within ops.idempotency_period(): null when nothing yet (the key is then locked until commit), the stored ids, or a refusal where the key came with another body.';
SELECT ops.publish_function('ops.recall_idempotent');
