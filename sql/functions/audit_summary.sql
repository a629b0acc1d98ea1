CREATE OR REPLACE FUNCTION ops.audit_summary(p_run_id uuid, p_limit integer)
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_run ops.audit_runs;
  v_lists jsonb;
  v_counts jsonb;
BEGIN
  SELECT * INTO STRICT v_run FROM ops.audit_runs WHERE id = p_run_id;
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
  FROM (VALUES ('missing'), ('orphaned'), ('differing'), ('drifted'), ('waveform_missing')) AS kinds (kind);
  SELECT jsonb_build_object(
    'objects', sum(objects_seen), 'recordings', sum(recordings_seen), 'missing', sum(missing),
    'orphaned', sum(orphaned), 'differing', sum(differing), 'drifted', sum(drifted)) INTO v_counts
  FROM ops.audit_shards WHERE run_id = p_run_id;
  RETURN v_lists || jsonb_build_object('finished', v_run.finished_at IS NOT NULL, 'counts', v_counts);
END
$$;
COMMENT ON FUNCTION ops.audit_summary IS
  'What all workers of an audit have found so far: counts, and of each kind the first p_limit findings. finished: whether all shards are.';
SELECT ops.publish_function('ops.audit_summary', 'app_service');
