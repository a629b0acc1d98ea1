-- What it takes to play a recording: of trash, only its creator and the keepers may.
SELECT jsonb_build_object('family_id', recording.family_id, 'has_waveform', recording.has_waveform)
FROM public.recordings AS recording
JOIN wire.members AS me ON me.family_id = recording.family_id AND me.user_id = %(user_id)s::uuid
WHERE recording.id = %(recording_id)s::uuid
  AND (recording.deleted_at IS NULL OR recording.created_by = me.user_id OR me.role = 'keeper')
