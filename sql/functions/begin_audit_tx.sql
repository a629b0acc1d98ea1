CREATE OR REPLACE FUNCTION ops.begin_audit_tx(p_fresh boolean)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_now timestamptz := clock_timestamp();
  v_run ops.audit_runs;
BEGIN
  IF NOT p_fresh THEN
    SELECT * INTO v_run FROM ops.audit_runs
    WHERE started_at > v_now - interval '20 hours' ORDER BY started_at DESC LIMIT 1;
    IF v_run.finished_at IS NOT NULL THEN
      RETURN '{"run_id": null}';
    END IF;
  END IF;
  IF v_run.id IS NULL THEN
    INSERT INTO ops.audit_runs (started_at) VALUES (v_now) RETURNING * INTO v_run;
  END IF;
  RETURN jsonb_build_object('run_id', v_run.id, 'position', v_run.position);
END
$$;
COMMENT ON FUNCTION ops.begin_audit_tx IS
  'Returns the audit to work on: the one of last night where it was interrupted, else a new one. run_id is null where the audit of today is finished. p_fresh: always a new one.';
SELECT ops.publish_function('ops.begin_audit_tx', 'app_service');
