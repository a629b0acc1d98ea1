CREATE OR REPLACE FUNCTION ops.requeue_job_tx(p_job_id uuid)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_job ops.dead_jobs;
BEGIN
  DELETE FROM ops.dead_jobs WHERE id = p_job_id RETURNING * INTO v_job;
  IF NOT FOUND THEN
    RETURN '{"requeued": false}';
  END IF;
  -- Moved, not copied: called twice, there is still one job.
  INSERT INTO ops.jobs (id, kind, payload, payload_version, lane, turn_at, run_at, max_attempts, dedupe_key, request_id, last_error)
  VALUES (v_job.id, v_job.kind, v_job.payload, v_job.payload_version, v_job.lane, clock_timestamp(),
          clock_timestamp(), v_job.max_attempts, v_job.dedupe_key, v_job.request_id, v_job.last_error)
  ON CONFLICT (dedupe_key) DO NOTHING;
  RETURN '{"requeued": true}';
END
$$;
COMMENT ON FUNCTION ops.requeue_job_tx IS 'Moves a dead job back into the queue, with all its attempts again.';
SELECT ops.publish_function('ops.requeue_job_tx', 'app_service');
