CREATE OR REPLACE FUNCTION ops.claim_jobs_tx(
  p_limit integer,
  p_lease_seconds integer,
  p_job_id uuid DEFAULT NULL,
  p_kind text DEFAULT NULL
)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_now timestamptz := clock_timestamp();
  v_token uuid := gen_random_uuid();
  v_ids uuid[];
  v_more uuid[];
  v_not text[] := ops.paused_kinds();
  v_died jsonb;
  v_jobs jsonb;
BEGIN
  -- Claimed by name alone: only one function has the secrets that this kind needs.
  IF p_kind IS NULL THEN
    v_not := v_not || 'copy_recording'::text;
  END IF;
  IF p_job_id IS NOT NULL THEN
    SELECT array_agg(id) INTO v_ids FROM (
      SELECT id FROM ops.jobs WHERE id = p_job_id AND run_at <= v_now AND kind <> ALL (v_not) FOR UPDATE SKIP LOCKED
    ) AS wanted;
  ELSE
    -- Jobs whose turn has come go first ...
    SELECT array_agg(id) INTO v_ids FROM (
      SELECT id FROM ops.jobs
      WHERE turn_at <= v_now AND run_at <= v_now AND kind <> ALL (v_not) AND (p_kind IS NULL OR kind = p_kind)
      ORDER BY turn_at LIMIT p_limit FOR UPDATE SKIP LOCKED
    ) AS due;
    -- ... and where there are too few of them, busy lanes may go on: a worker must not be idle while a job is due.
    IF coalesce(cardinality(v_ids), 0) < p_limit THEN
      SELECT array_agg(id) INTO v_more FROM (
        SELECT id FROM ops.jobs
        WHERE run_at <= v_now AND turn_at > v_now AND kind <> ALL (v_not) AND (p_kind IS NULL OR kind = p_kind)
        ORDER BY run_at LIMIT p_limit - coalesce(cardinality(v_ids), 0) FOR UPDATE SKIP LOCKED
      ) AS early;
      v_ids := v_ids || v_more;
    END IF;
  END IF;

  -- The worker that held a lease which ran out has died, perhaps of that very job. Such a job is claimed alone: other jobs
  -- claimed with it would fail with it each time.
  IF EXISTS (SELECT FROM ops.jobs WHERE id = v_ids[1] AND lease_token IS NOT NULL) THEN
    v_ids := v_ids[1:1];
  ELSE
    v_ids := ARRAY(
      SELECT claimable.id FROM unnest(v_ids) WITH ORDINALITY AS claimable (id, position)
      JOIN ops.jobs AS job ON job.id = claimable.id
      WHERE job.lease_token IS NULL ORDER BY claimable.position);
  END IF;

  -- A worker that died during the last attempt reported nothing: the job is moved to dead_jobs instead of run again.
  SELECT jsonb_agg(to_jsonb(died)) INTO v_died
  FROM (
    SELECT id, kind, payload, payload_version, attempts, max_attempts, request_id
    FROM ops.jobs WHERE id = ANY (v_ids) AND attempts >= max_attempts
  ) AS died;
  PERFORM ops.move_to_dead_jobs(id, coalesce(last_error, 'the worker died')) FROM ops.jobs WHERE id = ANY (v_ids) AND attempts >= max_attempts;

  WITH claimed AS (
    UPDATE ops.jobs
    SET attempts = attempts + 1,
        lease_token = v_token,
        run_at = v_now + p_lease_seconds * interval '1 second',
        turn_at = v_now + p_lease_seconds * interval '1 second'
    WHERE id = ANY (v_ids)
    RETURNING id, kind, payload, payload_version, attempts, max_attempts, request_id
  )
  SELECT jsonb_agg(to_jsonb(claimed) ORDER BY array_position(v_ids, claimed.id)) INTO v_jobs FROM claimed;
  RETURN jsonb_build_object('lease_token', v_token, 'jobs', coalesce(v_jobs, '[]'), 'died', coalesce(v_died, '[]'));
END
$$;
COMMENT ON FUNCTION ops.claim_jobs_tx IS
  'Claims due jobs under a lease and a fencing token: p_job_id, or by turn and then by age. p_kind: jobs of that kind alone; without it, of all kinds but those that one function alone can do. A job whose lease ran out is due again. Kinds that the operator paused are not claimed: their jobs wait as they are. died: jobs whose last worker died, moved to dead_jobs.';
SELECT ops.publish_function('ops.claim_jobs_tx', 'app_service');
