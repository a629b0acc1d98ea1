CREATE OR REPLACE FUNCTION ops.note_maintenance_run_tx(p_kind text, p_ok boolean)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_now timestamptz := clock_timestamp();
BEGIN
  INSERT INTO ops.maintenance_runs AS run (kind, last_run_at, last_succeeded_at)
  VALUES (p_kind, v_now, CASE WHEN p_ok THEN v_now END)
  ON CONFLICT (kind) DO UPDATE SET
    last_run_at = excluded.last_run_at,
    last_succeeded_at = coalesce(excluded.last_succeeded_at, run.last_succeeded_at);
  RETURN '{}';
END
$$;
COMMENT ON FUNCTION ops.note_maintenance_run_tx IS
  'Notes that an operator''s command of this kind, such as drill, has run just now, and whether it succeeded.';
SELECT ops.publish_function('ops.note_maintenance_run_tx', 'app_service');
