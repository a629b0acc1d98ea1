CREATE OR REPLACE FUNCTION ops.move_to_dead_jobs(p_job_id uuid, p_error text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_job ops.jobs;
BEGIN
  DELETE FROM ops.jobs WHERE id = p_job_id RETURNING * INTO v_job;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  INSERT INTO ops.dead_jobs (id, kind, payload, payload_version, lane, attempts, max_attempts, dedupe_key, request_id, last_error, enqueued_at)
  VALUES (v_job.id, v_job.kind, v_job.payload, v_job.payload_version, v_job.lane, v_job.attempts, v_job.max_attempts,
          v_job.dedupe_key, v_job.request_id, p_error, v_job.created_at);
  IF v_job.kind = 'apply_stripe_event' THEN
    UPDATE ops.stripe_events SET state = 'dead', last_error = p_error
    WHERE event_id = v_job.payload ->> 'event_id' AND state <> 'applied';
  END IF;
  -- The alert names the job: the id of the request that enqueued it may be one that the caller chose.
  PERFORM ops.note_alert(
    'dead-job/' || v_job.kind, 'critical', 'A job of kind ' || v_job.kind || ' was moved to dead_jobs: see make jobs.', v_job.id::text);
END
$$;
COMMENT ON FUNCTION ops.move_to_dead_jobs IS 'Moves a job to dead_jobs with its history, and alerts.';
SELECT ops.publish_function('ops.move_to_dead_jobs');
