CREATE OR REPLACE FUNCTION ops.drop_stray_waveform_tx(p_recording_id uuid)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  DELETE FROM ops.stray_waveforms
  WHERE recording_id = p_recording_id AND delete_after <= clock_timestamp() AND ops.deleting_is_armed();
  RETURN jsonb_build_object('dropped', FOUND);
END
$$;
COMMENT ON FUNCTION ops.drop_stray_waveform_tx IS
  'Removes the row of a stray waveform, after its object: as long as the row exists, clean-up tries to delete it.';
SELECT ops.publish_function('ops.drop_stray_waveform_tx', 'app_service');
