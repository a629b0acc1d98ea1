CREATE OR REPLACE FUNCTION ops.recording_to_copy(p_recording_id uuid)
RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT jsonb_build_object('recording', (
    SELECT jsonb_build_object('object_key', object_key, 'waveform_key', waveform_key, 'etag', etag)
    FROM public.recordings
    WHERE id = p_recording_id AND copied_at IS NULL AND purging_at IS NULL
  ))
$$;
COMMENT ON FUNCTION ops.recording_to_copy IS
  'The keys and the ETag of a recording that still needs its second copy. recording is null where it was copied or purged since its job was enqueued.';
SELECT ops.publish_function('ops.recording_to_copy', 'app_service');
