CREATE OR REPLACE FUNCTION ops.rescue_recording_tx(p_recording_id uuid, p_object jsonb)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_family_id uuid;
  v_now timestamptz;
  v_reservation ops.upload_reservations;
  v_mismatch text;
BEGIN
  SELECT family_id INTO v_family_id FROM ops.upload_reservations WHERE id = p_recording_id;
  IF NOT FOUND THEN
    RETURN '{"outcome": "settled"}';
  END IF;
  -- The gate, then the reservation: the app may finalize at this moment, and only one of the two may make the recording.
  SELECT locked_at INTO v_now FROM ops.lock_family_storage(v_family_id);
  SELECT * INTO v_reservation FROM ops.upload_reservations WHERE id = p_recording_id AND state = 'pending' FOR NO KEY UPDATE;
  IF NOT FOUND OR v_reservation.url_expires_at > v_now THEN
    RETURN '{"outcome": "settled"}';
  END IF;
  -- 10 minutes to the next look, then 20, 40, 80, 160 and 240: who waits for longer is looked at less often, so that
  -- uploads that never arrive leave the run its time for those that do.
  UPDATE ops.upload_reservations
  SET looks = looks + 1, next_look_at = v_now + least(interval '10 minutes' * 2 ^ least(looks, 5), interval '4 hours')
  WHERE id = p_recording_id;

  IF p_object IS NULL THEN
    IF v_reservation.watch_until > v_now THEN
      RETURN '{"outcome": "waiting"}';
    END IF;
    UPDATE ops.upload_reservations SET state = 'abandoned' WHERE id = p_recording_id;
    RETURN '{"outcome": "abandoned"}';
  END IF;

  v_mismatch := ops.upload_mismatch(v_reservation, p_object);
  IF v_mismatch IS NOT NULL THEN
    -- The object is not what was declared, but may be somebody's recording: it is kept, and the operator is alerted once.
    IF NOT EXISTS (
      SELECT FROM ops.anomalies WHERE family_id = v_family_id AND recording_id = p_recording_id AND kind = 'upload_mismatch'
    ) THEN
      PERFORM ops.note_anomaly('upload_mismatch', v_family_id, p_recording_id, jsonb_build_object(
        'reason', v_mismatch, 'declared_bytes', v_reservation.size_bytes, 'stored_bytes', (p_object ->> 'size_bytes')::bigint));
      PERFORM ops.note_alert('upload-mismatch', 'error', 'An upload differs from what was declared and is kept: see ops.anomalies.');
    END IF;
    RETURN '{"outcome": "mismatch"}';
  END IF;

  IF (p_object ->> 'stored_at')::timestamptz > v_reservation.uploader_left_at THEN
    UPDATE ops.upload_reservations
    SET state = 'parked', parked_object = p_object, watch_until = v_now + interval '30 days'
    WHERE id = p_recording_id;
    RETURN '{"outcome": "parked"}';
  END IF;

  PERFORM ops.keep_recording(v_reservation, p_object, NULL, NULL, NULL, true);
  RETURN '{"outcome": "rescued"}';
END
$$;
COMMENT ON FUNCTION ops.rescue_recording_tx IS
  'Settles an upload whose URL has expired. A whole object becomes a recording of its uploader, however late and even over quota; stored after its uploader left the family, it is parked for a keeper. Without an object the upload is abandoned when it is no longer watched. p_object: {size_bytes, content_type, is_mp4, etag, stored_at, waveform: {size_bytes, stored_at, is_waveform}}, null when there is none. outcome: rescued, parked, waiting, abandoned, mismatch, settled (by another call).';
SELECT ops.publish_function('ops.rescue_recording_tx', 'app_service');
