CREATE OR REPLACE FUNCTION wire.get_playback(p_recording_id uuid)
RETURNS json
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
  RETURN (
    SELECT json_build_object('family_id', recording.family_id, 'has_waveform', recording.has_waveform)
    FROM public.recordings AS recording
    JOIN wire.members AS me ON me.family_id = recording.family_id AND me.user_id = auth.uid()
    WHERE recording.id = p_recording_id
      AND (recording.deleted_at IS NULL OR recording.created_by = me.user_id OR me.role = 'keeper')
  );
END
$$;
COMMENT ON FUNCTION wire.get_playback IS
  'What it takes to play a recording, null where the caller may not: of trash, only its creator and the keepers may.';
SELECT ops.publish_function('wire.get_playback', 'authenticated');
