CREATE OR REPLACE FUNCTION ops.complete_jobs_tx(p_job_ids uuid[], p_lease_token uuid)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_completed integer;
BEGIN
  DELETE FROM ops.jobs WHERE id = ANY (p_job_ids) AND lease_token = p_lease_token;
  GET DIAGNOSTICS v_completed = ROW_COUNT;
  RETURN jsonb_build_object('completed', v_completed);
END
$$;
COMMENT ON FUNCTION ops.complete_jobs_tx IS
  'Deletes finished jobs. Only the holder of the lease can: a worker whose lease ran out deletes nothing.';
SELECT ops.publish_function('ops.complete_jobs_tx', 'app_service');
