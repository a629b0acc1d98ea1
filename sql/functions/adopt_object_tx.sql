CREATE OR REPLACE FUNCTION ops.adopt_object_tx(
  p_family_id uuid,
  p_recording_id uuid,
  p_object_key text,
  p_waveform_key text,
  p_object jsonb,
  p_duration_seconds double precision
)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_now timestamptz;
  v_reservation ops.upload_reservations;
BEGIN
  SELECT locked_at INTO v_now FROM ops.lock_family_storage(p_family_id);
  IF NOT EXISTS (SELECT FROM public.entitlements WHERE family_id = p_family_id) THEN
    RETURN ops.refuse('NOT_FOUND');
  END IF;
  IF EXISTS (SELECT FROM public.recordings WHERE id = p_recording_id)
     OR EXISTS (SELECT FROM ops.upload_reservations WHERE id = p_recording_id)
     OR ops.key_is_claimed(p_object_key)
     OR ops.key_is_claimed(p_waveform_key)
  THEN
    RETURN ops.refuse('CONFLICT', '{"reason": "claimed"}');
  END IF;
  -- Like every recording it is made from a reservation, so that ledger and used bytes follow in one place.
  INSERT INTO ops.upload_reservations (id, family_id, object_key, waveform_key, size_bytes, waveform_size_bytes, duration_seconds,
                                       content_type, url_expires_at, live_until, watch_until)
  VALUES (p_recording_id, p_family_id, p_object_key, p_waveform_key, (p_object ->> 'size_bytes')::bigint,
          CASE WHEN p_waveform_key IS NOT NULL THEN (p_object #>> '{waveform,size_bytes}')::integer END, p_duration_seconds, p_object ->> 'content_type',
          v_now, v_now, v_now)
  RETURNING * INTO v_reservation;
  PERFORM ops.keep_recording(v_reservation, p_object, NULL, NULL, (p_object ->> 'stored_at')::timestamptz, true);
  RETURN jsonb_build_object('recording', ops.recording_json(p_recording_id));
END
$$;
COMMENT ON FUNCTION ops.adopt_object_tx IS
  'Makes an object without a row a recording of this family, over quota too; its created_by is null. Refuses NOT_FOUND for an unknown family, CONFLICT claimed where a recording or an upload has the id or one of the keys.';
SELECT ops.publish_function('ops.adopt_object_tx', 'app_service');
