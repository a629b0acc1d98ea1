CREATE OR REPLACE FUNCTION ops.enqueue_job(
  p_kind text,
  p_payload jsonb,
  p_lane text,
  p_dedupe_key text DEFAULT NULL,
  p_run_at timestamptz DEFAULT NULL,
  p_payload_version integer DEFAULT 1
)
RETURNS uuid
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_run_at timestamptz := coalesce(p_run_at, clock_timestamp());
  v_last_turn timestamptz;
  v_id uuid;
BEGIN
  -- The turns of a lane's jobs are one second apart: a thousand jobs of one family delay no job of another.
  SELECT turn_at INTO v_last_turn FROM ops.jobs WHERE lane = p_lane ORDER BY turn_at DESC LIMIT 1;
  INSERT INTO ops.jobs (kind, payload, payload_version, lane, turn_at, run_at, dedupe_key, request_id)
  VALUES (p_kind, p_payload, p_payload_version, p_lane, greatest(v_run_at, v_last_turn + interval '1 second'), v_run_at,
          p_dedupe_key, ops.request_id())
  ON CONFLICT (dedupe_key) DO NOTHING
  RETURNING id INTO v_id;
  RETURN v_id;
END
$$;
COMMENT ON FUNCTION ops.enqueue_job IS
  'Enqueues a job in the caller''s transaction. Returns null when a job with the same dedupe key is waiting already. Payloads hold ids only.';
SELECT ops.publish_function('ops.enqueue_job');
