CREATE OR REPLACE FUNCTION ops.fail_job_tx(p_job_id uuid, p_lease_token uuid, p_error text, p_retryable boolean, p_patient boolean DEFAULT false)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_job ops.jobs;
  v_age numeric;
  v_again_at timestamptz;
BEGIN
  SELECT * INTO v_job FROM ops.jobs WHERE id = p_job_id AND lease_token = p_lease_token FOR UPDATE;
  IF NOT FOUND THEN
    RETURN '{"outcome": "lease_lost"}';
  END IF;
  v_age := extract(epoch FROM clock_timestamp() - v_job.created_at);
  PERFORM ops.tally_jobs('job_failed', v_job.kind, ARRAY[1]);
  IF p_patient AND v_job.attempts >= v_job.max_attempts AND v_age < 86400 THEN
    -- The trouble is a service's and not the job's: it is tried for a day, each time after an eighth of its age.
    v_job.attempts := v_job.max_attempts - 1;
    PERFORM ops.note_alert('job-waits/' || v_job.kind, 'critical', 'Jobs of kind ' || v_job.kind || ' wait for a service that does not do its work: see make jobs.', v_job.id::text);
  ELSIF NOT p_retryable OR v_job.attempts >= v_job.max_attempts THEN
    PERFORM ops.move_to_dead_jobs(p_job_id, p_error);
    RETURN '{"outcome": "dead"}';
  END IF;
  -- 1 s, 2 s, 4 s ... up to an hour, each 30 % up or down, so that jobs that failed together are not tried again together.
  v_again_at := clock_timestamp()
    + least(3600, greatest(2 ^ (v_job.attempts - 1), CASE WHEN p_patient THEN v_age / 8 ELSE 0 END))
      * (0.7 + 0.6 * random()) * interval '1 second';
  UPDATE ops.jobs
  SET run_at = v_again_at, turn_at = v_again_at, lease_token = NULL, attempts = v_job.attempts, last_error = p_error
  WHERE id = p_job_id;
  RETURN jsonb_build_object('outcome', 'retry', 'run_at', v_again_at);
END
$$;
COMMENT ON FUNCTION ops.fail_job_tx IS
  'Notes that a job failed: it is due again after a growing, random wait, or is moved to dead_jobs when it may not be tried again. p_patient: it waits for a service, so it is not moved there before a day is over. The error is the name of a class, never a message with data in it.';
SELECT ops.publish_function('ops.fail_job_tx', 'app_service');
