CREATE OR REPLACE FUNCTION ops.check_stray_waveform(p_recording_id uuid)
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_keys text[];
BEGIN
  SELECT ARRAY[stray.waveform_key] INTO v_keys
  FROM ops.stray_waveforms AS stray
  WHERE stray.recording_id = p_recording_id
    AND stray.delete_after <= clock_timestamp()
    AND ops.deleting_is_armed()
    -- No function gives a stray waveform to a recording. If one has it all the same, the object must stay.
    AND NOT EXISTS (SELECT FROM public.recordings WHERE waveform_key = stray.waveform_key);
  RETURN jsonb_build_object('keys', coalesce(to_jsonb(v_keys), '[]'));
END
$$;
COMMENT ON FUNCTION ops.check_stray_waveform IS
  'The key of a stray waveform in an array, asked right before its object is deleted. Empty where a recording has it, its day is not over, or deleting is disarmed.';
SELECT ops.publish_function('ops.check_stray_waveform', 'app_service');
