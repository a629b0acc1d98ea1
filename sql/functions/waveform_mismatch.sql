CREATE OR REPLACE FUNCTION ops.waveform_mismatch(p_reservation ops.upload_reservations, p_waveform jsonb)
RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE
    WHEN p_waveform ->> 'size_bytes' IS NULL THEN 'missing'
    WHEN (p_waveform ->> 'size_bytes')::bigint IS DISTINCT FROM p_reservation.waveform_size_bytes THEN 'size'
    WHEN NOT coalesce((p_waveform ->> 'is_waveform')::boolean, false) THEN 'content'
    -- A parked upload is here because a keeper accepted it.
    WHEN p_reservation.state = 'pending' AND (p_waveform ->> 'stored_at')::timestamptz > p_reservation.uploader_left_at THEN 'left'
  END
$$;
COMMENT ON FUNCTION ops.waveform_mismatch IS
  'Why the stored waveform {size_bytes, stored_at, is_waveform} does not become part of the recording: missing, size, content (or media type), left (stored after its uploader had left the family); null when it does.';
SELECT ops.publish_function('ops.waveform_mismatch');
