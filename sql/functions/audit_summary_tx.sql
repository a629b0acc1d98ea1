CREATE OR REPLACE FUNCTION ops.audit_summary_tx(p_run_id uuid, p_finished boolean, p_limit integer)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_run ops.audit_runs;
  v_lists jsonb;
BEGIN
  UPDATE ops.audit_runs
  SET finished_at = CASE WHEN p_finished THEN clock_timestamp() END
  WHERE id = p_run_id RETURNING * INTO STRICT v_run;
  SELECT jsonb_object_agg(kinds.kind, coalesce((
    SELECT jsonb_agg(found.finding)
    FROM (
      SELECT jsonb_strip_nulls(jsonb_build_object('family_id', family_id, 'recording_id', recording_id))
             || (details - 'run_id') AS finding
      FROM ops.anomalies
      WHERE kind = 'audit_' || kinds.kind AND created_at >= v_run.started_at AND details ->> 'run_id' = p_run_id::text
      ORDER BY created_at, id
      LIMIT p_limit
    ) AS found
  ), '[]')) INTO v_lists
  FROM (VALUES ('missing'), ('orphaned'), ('differing'), ('drifted')) AS kinds (kind);
  RETURN v_lists || jsonb_build_object(
    'finished', p_finished,
    'counts', jsonb_build_object(
      'objects', v_run.objects_seen, 'recordings', v_run.recordings_seen, 'missing', v_run.missing,
      'orphaned', v_run.orphaned, 'differing', v_run.differing, 'drifted', v_run.drifted));
END
$$;
COMMENT ON FUNCTION ops.audit_summary_tx IS
  'What an audit has found so far: counts, and of each kind the first p_limit findings. p_finished ends the audit.';
SELECT ops.publish_function('ops.audit_summary_tx', 'app_service');
