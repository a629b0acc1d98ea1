CREATE OR REPLACE FUNCTION ops.finish_schedule_run_tx(p_run_id uuid, p_summary jsonb)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE ops.schedule_runs SET finished_at = clock_timestamp(), summary = p_summary WHERE id = p_run_id;
  RETURN '{}';
END
$$;
COMMENT ON FUNCTION ops.finish_schedule_run_tx IS
  'Stores the summary of a schedule''s run. A run without finished_at failed or was cut off: the next slot continues its work.';
SELECT ops.publish_function('ops.finish_schedule_run_tx', 'app_service');
