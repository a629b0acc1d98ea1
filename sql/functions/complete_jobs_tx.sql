CREATE OR REPLACE FUNCTION ops.complete_jobs_tx(p_job_ids uuid[], p_lease_token uuid, p_duration_ms double precision DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_done record;
  v_completed integer := 0;
BEGIN
  FOR v_done IN
    WITH done AS (
      DELETE FROM ops.jobs WHERE id = ANY (p_job_ids) AND lease_token = p_lease_token
      RETURNING kind, extract(epoch FROM clock_timestamp() - created_at)::double precision * 1000 AS waited
    )
    SELECT kind, array_agg(waited) AS waited FROM done GROUP BY kind ORDER BY kind
  LOOP
    v_completed := v_completed + cardinality(v_done.waited);
    IF p_duration_ms IS NOT NULL THEN
      PERFORM ops.tally_jobs('job_took', v_done.kind, array_fill(p_duration_ms, ARRAY[cardinality(v_done.waited)]));
    END IF;
    PERFORM ops.tally_jobs('job_waited', v_done.kind, v_done.waited);
  END LOOP;
  RETURN jsonb_build_object('completed', v_completed);
END
$$;
COMMENT ON FUNCTION ops.complete_jobs_tx IS
  'Deletes finished jobs, and counts how long they took and how long ago they were enqueued. Only the holder of the lease can: a worker whose lease ran out deletes nothing. p_duration_ms: how long they ran.';
SELECT ops.publish_function('ops.complete_jobs_tx', 'app_service');
