CREATE OR REPLACE FUNCTION ops.begin_audit_tx(p_fresh boolean, p_shards jsonb DEFAULT '[]')
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_now timestamptz;
  v_run ops.audit_runs;
BEGIN
  -- One at a time: two that begin together would make two audits. What follows sees what the one before made.
  PERFORM pg_advisory_xact_lock(hashtextextended('audit', 0));
  v_now := clock_timestamp();
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
  IF NOT EXISTS (SELECT FROM ops.audit_shards WHERE run_id = v_run.id) THEN
    INSERT INTO ops.audit_shards (run_id, shard, keys_after, keys_up_to, families_after, families_up_to)
    SELECT v_run.id, shard, keys_after, keys_up_to, families_after, families_up_to
    FROM jsonb_to_recordset(p_shards)
      AS given (shard text, keys_after text, keys_up_to text, families_after uuid, families_up_to uuid);
  END IF;
  RETURN jsonb_build_object('run_id', v_run.id);
END
$$;
COMMENT ON FUNCTION ops.begin_audit_tx IS
  'Returns the audit to work on: the one of last night where it is not finished, else a new one of these p_shards. run_id is null where the audit of today is finished. p_fresh: always a new one.';
SELECT ops.publish_function('ops.begin_audit_tx', 'app_service');
