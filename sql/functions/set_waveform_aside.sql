CREATE OR REPLACE FUNCTION ops.set_waveform_aside(p_reservation ops.upload_reservations, p_reason text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  -- Not at once: its URL may still be valid, and what is uploaded after the deletion would be nobody's.
  INSERT INTO ops.stray_waveforms (recording_id, family_id, waveform_key, delete_after)
  VALUES (p_reservation.id, p_reservation.family_id, p_reservation.waveform_key,
          greatest(p_reservation.url_expires_at, clock_timestamp()) + interval '1 day');
  IF p_reason <> 'missing' THEN
    PERFORM ops.note_anomaly('waveform_refused', p_reservation.family_id, p_reservation.id, jsonb_build_object(
      'reason', p_reason, 'declared_bytes', p_reservation.waveform_size_bytes));
  END IF;
END
$$;
COMMENT ON FUNCTION ops.set_waveform_aside IS
  'Notes that an upload''s waveform does not become part of its recording, so that clean-up deletes the object, if there is one or one still comes. Recorded as an anomaly, unless it is only missing.';
SELECT ops.publish_function('ops.set_waveform_aside');
