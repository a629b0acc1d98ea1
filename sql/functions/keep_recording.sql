CREATE OR REPLACE FUNCTION ops.keep_recording(
  p_reservation ops.upload_reservations,
  p_object jsonb,
  p_title text,
  p_prompt_id uuid,
  p_recorded_at timestamptz,
  p_rescued boolean
)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_trouble text;
  v_waveform_key text;
  v_waveform_bytes integer := 0;
BEGIN
  -- Whatever is wrong with a waveform, the voice is kept. Only one that is there and in order is announced and counted.
  IF p_reservation.waveform_key IS NOT NULL THEN
    v_trouble := ops.waveform_mismatch(p_reservation, p_object -> 'waveform');
    IF v_trouble IS NULL THEN
      v_waveform_key := p_reservation.waveform_key;
      v_waveform_bytes := p_reservation.waveform_size_bytes;
    ELSE
      PERFORM ops.set_waveform_aside(p_reservation, v_trouble);
    END IF;
  END IF;
  INSERT INTO public.recordings (id, family_id, prompt_id, title, size_bytes, duration_seconds, content_type, recorded_at, created_by,
                                 rescued, object_key, waveform_key, waveform_size_bytes, etag, content_md5, stored_at)
  VALUES (
    p_reservation.id,
    p_reservation.family_id,
    p_prompt_id,
    p_title,
    p_reservation.size_bytes,
    p_reservation.duration_seconds,
    p_reservation.content_type,
    coalesce(p_recorded_at, p_reservation.created_at),
    p_reservation.user_id,
    p_rescued,
    p_reservation.object_key,
    v_waveform_key,
    v_waveform_bytes,
    p_object ->> 'etag',
    p_reservation.content_md5,
    (p_object ->> 'stored_at')::timestamptz
  );
  -- An upload that was admitted is kept even if the plan was reduced since: losing a recording is worse than exceeding a quota.
  PERFORM ops.update_storage_quota(p_reservation.family_id, p_reservation.size_bytes + v_waveform_bytes, 'finalize', p_reservation.id,
    CASE WHEN p_rescued THEN 'rescued' END, p_admitted => true);
  DELETE FROM ops.upload_reservations WHERE id = p_reservation.id;
  PERFORM ops.capture_event('recording_saved', p_reservation.user_id, jsonb_build_object(
    'family_id', p_reservation.family_id,
    'recording_id', p_reservation.id,
    'prompt_id', p_prompt_id,
    'duration', p_reservation.duration_seconds,
    'size_bytes', p_reservation.size_bytes,
    'rescued', p_rescued), p_reservation.family_id::text);
END
$$;
COMMENT ON FUNCTION ops.keep_recording IS
  'Turns a reservation into a recording, with ledger and used bytes. The caller holds the gate. p_object: {etag, stored_at, waveform} as the object store returned them.';
SELECT ops.publish_function('ops.keep_recording');
