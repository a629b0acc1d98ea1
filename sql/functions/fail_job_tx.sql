CREATE OR REPLACE FUNCTION ops.fail_job_tx(p_job_id uuid, p_lease_token uuid, p_error text, p_retryable boolean)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_job ops.jobs;
  v_again_at timestamptz;
BEGIN
  SELECT * INTO v_job FROM ops.jobs WHERE id = p_job_id AND lease_token = p_lease_token FOR UPDATE;
  IF NOT FOUND THEN
    RETURN '{"outcome": "lease_lost"}';
  END IF;
  IF NOT p_retryable OR v_job.attempts >= v_job.max_attempts THEN
    PERFORM ops.move_to_dead_jobs(p_job_id, p_error);
    RETURN '{"outcome": "dead"}';
  END IF;
  -- 1 s, 2 s, 4 s ... up to an hour, each 30 % up or down, so that jobs that failed together are not tried again together.
  v_again_at := clock_timestamp()
    + least(3600, 2 ^ (v_job.attempts - 1)) * (0.7 + 0.6 * random()) * interval '1 second';
  UPDATE ops.jobs SET run_at = v_again_at, turn_at = v_again_at, lease_token = NULL, last_error = p_error WHERE id = p_job_id;
  RETURN jsonb_build_object('outcome', 'retry', 'run_at', v_again_at);
END
$$;
COMMENT ON FUNCTION ops.fail_job_tx IS
  'Notes that a job failed: it is due again after a growing, random wait, or is moved to dead_jobs when it may not be tried again. The error is the name of a class, never a message with data in it.';
SELECT ops.publish_function('ops.fail_job_tx', 'app_service');
