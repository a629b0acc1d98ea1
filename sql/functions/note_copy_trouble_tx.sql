CREATE OR REPLACE FUNCTION ops.note_copy_trouble_tx(p_recording_id uuid, p_reason text)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  -- The schedule tries again every quarter of an hour; one anomaly and one alert a day are enough.
  IF NOT EXISTS (
    SELECT FROM ops.anomalies
    WHERE recording_id = p_recording_id AND kind = 'copy_' || p_reason AND created_at > clock_timestamp() - interval '1 day'
  ) THEN
    PERFORM ops.note_anomaly('copy_' || p_reason, (SELECT family_id FROM public.recordings WHERE id = p_recording_id), p_recording_id);
    PERFORM ops.note_alert('copy-' || p_reason, 'critical',
      'A recording cannot be copied, because its object or the copy is ' || p_reason || ': see ops.anomalies.');
  END IF;
  RETURN '{}';
END
$$;
COMMENT ON FUNCTION ops.note_copy_trouble_tx IS
  'Records a recording whose object is missing or changed, or whose second copy differs, and alerts: at once, and once a day. p_reason: missing, changed, differing.';
SELECT ops.publish_function('ops.note_copy_trouble_tx', 'app_service');
