CREATE OR REPLACE FUNCTION ops.release_jobs_tx(p_job_ids uuid[], p_lease_token uuid)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_released integer;
BEGIN
  UPDATE ops.jobs
  SET attempts = attempts - 1, lease_token = NULL, run_at = clock_timestamp(), turn_at = clock_timestamp()
  WHERE id = ANY (p_job_ids) AND lease_token = p_lease_token;
  GET DIAGNOSTICS v_released = ROW_COUNT;
  RETURN jsonb_build_object('released', v_released);
END
$$;
COMMENT ON FUNCTION ops.release_jobs_tx IS
  'Gives back jobs that were claimed and not begun, because the time of the worker ran out. The attempt does not count.';
SELECT ops.publish_function('ops.release_jobs_tx', 'app_service');
