CREATE OR REPLACE FUNCTION ops.note_findings_tx(
  p_run_id uuid,
  p_shard text,
  p_lease_token uuid,
  p_position text,
  p_objects_seen bigint,
  p_recordings_seen bigint,
  p_findings jsonb
)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_finding record;
  v_missing integer := 0;
  v_orphaned integer := 0;
  v_differing integer := 0;
  v_waveforms integer := 0;
BEGIN
  PERFORM FROM ops.audit_shards
  WHERE run_id = p_run_id AND shard = p_shard AND lease_token = p_lease_token FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN '{"lost": true}';
  END IF;
  FOR v_finding IN
    SELECT kind, recording_id, family_id, details
    FROM jsonb_to_recordset(p_findings) AS finding (kind text, recording_id uuid, family_id uuid, details jsonb)
  LOOP
    -- Bucket and rows were read at different moments: only a finding that is still true counts.
    IF v_finding.kind = 'orphaned' THEN
      CONTINUE WHEN ops.key_is_claimed(v_finding.details ->> 'object_key');
      v_orphaned := v_orphaned + 1;
    ELSE
      CONTINUE WHEN NOT EXISTS (SELECT FROM public.recordings WHERE id = v_finding.recording_id AND purging_at IS NULL);
      v_waveforms := v_waveforms + (v_finding.kind = 'waveform_missing')::integer;
      v_missing := v_missing + (v_finding.kind = 'missing')::integer;
      v_differing := v_differing + (v_finding.kind = 'differing')::integer;
    END IF;
    PERFORM ops.note_anomaly('audit_' || v_finding.kind, v_finding.family_id, v_finding.recording_id,
      v_finding.details || jsonb_build_object('run_id', p_run_id));
  END LOOP;

  -- By fingerprint, as mark_alerts_sent_tx locks them: two transactions with another order could deadlock.
  IF v_differing > 0 THEN
    PERFORM ops.note_alert(
      'audit-differing', 'critical', 'Recordings whose object differs from what was stored: see ops.anomalies and the second copy.');
  END IF;
  IF v_missing > 0 THEN
    PERFORM ops.note_alert('audit-missing', 'critical', 'Recordings whose object is missing: see ops.anomalies and the second copy.');
  END IF;
  IF v_orphaned > 0 THEN
    PERFORM ops.note_alert('audit-orphaned', 'error', 'Objects in the bucket that no recording or upload has: see ops.anomalies. They are kept.');
  END IF;
  IF v_waveforms > 0 THEN
    PERFORM ops.note_alert('audit-waveforms', 'error', 'Recordings whose waveform is missing: see ops.anomalies. Their voices are there.');
  END IF;
  UPDATE ops.audit_shards
  SET position = p_position,
      objects_seen = objects_seen + p_objects_seen,
      recordings_seen = recordings_seen + p_recordings_seen,
      missing = missing + v_missing,
      orphaned = orphaned + v_orphaned,
      differing = differing + v_differing
  WHERE run_id = p_run_id AND shard = p_shard;
  RETURN '{"lost": false}';
END
$$;
COMMENT ON FUNCTION ops.note_findings_tx IS
  'Writes one page of a shard of an audit: its position, its counts, and each finding {kind: missing, orphaned or differing, recording_id, family_id, details} that is still true. lost: nothing was written, because another worker has the shard now.';
SELECT ops.publish_function('ops.note_findings_tx', 'app_service');
