CREATE OR REPLACE FUNCTION ops.count_in_window(p_key text, p_window_seconds integer, p_limit integer, p_calls integer)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_now double precision := extract(epoch FROM clock_timestamp());
  v_bucket bigint := floor(v_now / p_window_seconds);
  v_elapsed double precision := v_now / p_window_seconds - v_bucket;   -- of the current bucket, 0..1
  v_current integer;
  v_previous integer;
  v_clear_at double precision;
BEGIN
  -- The row stays locked until the caller's transaction ends, so that no two transactions decide on the same count.
  INSERT INTO ops.call_counts AS counted (key, bucket, calls)
  VALUES (p_key, v_bucket, 0)
  ON CONFLICT (key) DO UPDATE SET
    previous_calls = CASE WHEN counted.bucket = v_bucket THEN counted.previous_calls
                          WHEN counted.bucket = v_bucket - 1 THEN counted.calls
                          ELSE 0 END,
    calls = CASE WHEN counted.bucket = v_bucket THEN counted.calls ELSE 0 END,
    bucket = v_bucket,
    updated_at = now()
  RETURNING calls, previous_calls INTO v_current, v_previous;

  -- The window still covers a part of the previous bucket: that part of its calls is added.
  IF v_current + v_previous * (1 - v_elapsed) + 1 <= p_limit THEN
    IF p_calls > 0 THEN
      UPDATE ops.call_counts SET calls = calls + p_calls WHERE key = p_key;
    END IF;
    RETURN NULL;
  END IF;

  UPDATE ops.call_counts SET refused = refused + 1 WHERE key = p_key;
  -- The moment when one more call fits again: in this bucket while the previous one fades, or in the next while this one does.
  v_clear_at := p_window_seconds * CASE
    WHEN v_current + 1 <= p_limit THEN v_bucket + 1 - (p_limit - 1 - v_current)::double precision / v_previous
    ELSE v_bucket + 2 - (p_limit - 1)::double precision / v_current
  END;
  RETURN jsonb_build_object('refused', 'RATE_LIMIT', 'details', jsonb_build_object(
    'limit', p_limit,
    'remaining', 0,
    'reset', ceil(v_clear_at)::bigint,
    'retry_after', greatest(1, ceil(v_clear_at - v_now))::integer));
END
$$;
COMMENT ON FUNCTION ops.count_in_window IS
  'Counts p_calls into the sliding window of a key and returns null, or returns the refusal where one more call would pass the limit. p_calls 0 only asks.';
SELECT ops.publish_function('ops.count_in_window');
