-- What it takes to play a recording: of trash, only its creator and the keepers may.
SELECT jsonb_build_object('family_id', recording.family_id, 'has_waveform', recording.has_waveform)
FROM public.recordings AS recording
WHERE recording.id = %(recording_id)s
  AND (
    recording.deleted_at IS NULL
    OR recording.created_by = %(user_id)s
    OR EXISTS (
      SELECT FROM public.family_members AS mine
      WHERE mine.user_id = %(user_id)s AND mine.family_id = recording.family_id AND mine.role = 'keeper'
    )
  )
