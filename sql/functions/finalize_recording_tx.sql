CREATE OR REPLACE FUNCTION ops.finalize_recording_tx(
  p_family_id uuid,
  p_recording_id uuid,
  p_object jsonb,
  p_title text DEFAULT NULL,
  p_prompt_id uuid DEFAULT NULL,
  p_recorded_at timestamptz DEFAULT NULL
)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_reservation ops.upload_reservations;
  v_mismatch text;
BEGIN
  IF NOT rls.is_member_of(p_family_id) THEN
    RETURN ops.refuse('FORBIDDEN');
  END IF;
  -- The gate, before the reservation: of ten calls for one upload the first makes the recording, and nine find it made.
  PERFORM ops.lock_family_storage(p_family_id);
  -- Asked again after the lock: the caller may have been removed meanwhile.
  IF NOT rls.is_member_of(p_family_id) THEN
    RETURN ops.refuse('FORBIDDEN');
  END IF;

  -- A deleted prompt can still be the one that was answered; a prompt of another family cannot.
  IF p_prompt_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM public.prompts WHERE id = p_prompt_id AND family_id = p_family_id
  ) THEN
    RETURN ops.refuse('NOT_FOUND');
  END IF;

  IF NOT EXISTS (
    SELECT FROM public.recordings
    WHERE id = p_recording_id AND family_id = p_family_id AND created_by = auth.uid() AND purging_at IS NULL
  ) THEN
    SELECT * INTO v_reservation FROM ops.upload_reservations
    WHERE id = p_recording_id AND family_id = p_family_id AND user_id = auth.uid() AND state = 'pending'
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
      RETURN ops.refuse('NOT_FOUND');
    END IF;
    IF p_object IS NULL THEN
      RETURN ops.refuse('UPLOAD_NOT_FOUND');
    END IF;
    v_mismatch := ops.upload_mismatch(v_reservation, p_object);
    IF v_mismatch IS NOT NULL THEN
      RETURN ops.refuse('UPLOAD_MISMATCH', jsonb_build_object('reason', v_mismatch));
    END IF;
    PERFORM ops.keep_recording(v_reservation, p_object, p_title, p_prompt_id, p_recorded_at, false);
  ELSE
    -- settle_uploads made the recording while the app was offline. Title and prompt are known to the app alone, which may set
    -- them once.
    UPDATE public.recordings
    SET title = p_title, prompt_id = p_prompt_id, recorded_at = coalesce(p_recorded_at, recorded_at)
    WHERE id = p_recording_id AND rescued AND title IS NULL AND prompt_id IS NULL
      AND (p_title, p_prompt_id, p_recorded_at) IS DISTINCT FROM (NULL, NULL, NULL);
  END IF;

  RETURN (
    SELECT jsonb_build_object(
      'recording', ops.recording_json(recording.id),
      'usage', jsonb_build_object(
        'used_bytes', entitlement.storage_used_bytes,
        'reserved_bytes', entitlement.storage_reserved_bytes,
        'quota_bytes', entitlement.storage_quota_bytes),
      'receipt', jsonb_build_object(
        'recording_id', recording.id,
        'size_bytes', recording.size_bytes,
        'etag', recording.etag,
        'content_md5', recording.content_md5,
        'stored_at', recording.stored_at))
    FROM public.recordings AS recording
    JOIN wire.entitlements AS entitlement USING (family_id)
    WHERE recording.id = p_recording_id
  );
END
$$;
COMMENT ON FUNCTION ops.finalize_recording_tx IS
  'Makes the caller''s own upload a recording, once; repeated, it returns the same. A recording that settle_uploads made takes the title and prompt that the app sends late. p_object: {size_bytes, content_type, is_mp4, etag, stored_at, waveform: {size_bytes, stored_at, is_waveform}} of the stored object, null when there is none. Refuses FORBIDDEN, NOT_FOUND, UPLOAD_NOT_FOUND, UPLOAD_MISMATCH; never for quota or billing.';
SELECT ops.publish_function('ops.finalize_recording_tx', 'app_service');
