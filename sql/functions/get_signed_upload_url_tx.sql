CREATE OR REPLACE FUNCTION ops.get_signed_upload_url_tx(
  p_family_id uuid,
  p_recording_id uuid,
  p_object_key text,
  p_waveform_key text,
  p_size_bytes bigint,
  p_duration_seconds double precision,
  p_content_type text,
  p_content_md5 text,
  p_waveform_size_bytes integer,
  p_url_seconds integer,
  p_idempotency_key text DEFAULT NULL,
  p_request_hash text DEFAULT NULL
)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  c_max_pending constant integer := 20;
  -- Also those that hold no bytes any more: each is a row, and looks of settle_uploads, for fourteen days.
  c_max_watched constant integer := 100;
  v_user_id uuid := auth.uid();
  v_gate record;
  v_now timestamptz;
  v_entitlement public.entitlements;
  v_reservation ops.upload_reservations;
  v_requested bigint := p_size_bytes + coalesce(p_waveform_size_bytes, 0);
  v_reserved bigint;
  v_pending integer;
  v_watched integer;
  v_recording_id uuid := p_recording_id;
  v_replay jsonb;
  v_block text;
  v_refusal jsonb;
BEGIN
  IF NOT rls.is_member_of(p_family_id) THEN
    RETURN ops.refuse('FORBIDDEN');
  END IF;
  v_replay := ops.recall_idempotent('get-signed-upload-url', p_idempotency_key, p_request_hash);
  IF v_replay ? 'refused' THEN
    RETURN v_replay;
  ELSIF v_replay IS NOT NULL THEN
    v_recording_id := (v_replay ->> 'recording_id')::uuid;
  END IF;
  -- One person reserves one upload after the other, in whatever family: two transactions at once would count the same uploads.
  PERFORM pg_advisory_xact_lock(hashtextextended('upload/' || v_user_id, 0));

  -- The gate. All that decides is read after it, and compared with the clock after it: the transaction that held the lock may
  -- have changed everything.
  SELECT * INTO v_gate FROM ops.lock_family_storage(p_family_id);
  v_entitlement := v_gate.entitlement;
  v_now := v_gate.locked_at;
  IF NOT rls.is_member_of(p_family_id) THEN
    RETURN ops.refuse('FORBIDDEN');
  END IF;

  v_refusal := coalesce(ops.refuse_by_switch('writes', p_family_id), ops.refuse_by_switch('uploads', p_family_id));
  IF v_refusal IS NOT NULL THEN
    RETURN v_refusal;
  END IF;

  IF v_replay IS NOT NULL THEN
    SELECT * INTO v_reservation FROM ops.upload_reservations WHERE id = v_recording_id AND state = 'pending' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
      RETURN ops.refuse('CONFLICT', '{"reason": "already_finalized"}');
    END IF;
  END IF;

  v_block := ops.upload_block(v_entitlement);
  IF v_block IS NOT NULL THEN
    RETURN ops.refuse(v_block);
  END IF;
  -- The other live reservations. The bytes of this one are asked for again, whether it is new, still live or has lapsed.
  SELECT coalesce(sum(size_bytes + coalesce(waveform_size_bytes, 0)), 0) INTO v_reserved
  FROM ops.upload_reservations
  WHERE family_id = p_family_id AND state = 'pending' AND live_until > v_now AND id <> v_recording_id;
  IF v_entitlement.storage_used_bytes + v_reserved + v_requested > v_entitlement.storage_quota_bytes THEN
    RETURN ops.refuse('QUOTA_EXCEEDED', jsonb_build_object(
      'quota_bytes', v_entitlement.storage_quota_bytes,
      'used_bytes', v_entitlement.storage_used_bytes,
      'reserved_bytes', v_reserved,
      'requested_bytes', v_requested));
  END IF;
  IF p_duration_seconds > v_entitlement.max_recording_seconds THEN
    RETURN ops.refuse('DURATION_EXCEEDED', jsonb_build_object('max_recording_seconds', v_entitlement.max_recording_seconds));
  END IF;

  IF v_replay IS NULL THEN
    SELECT count(*) FILTER (WHERE live_until > v_now), count(*) INTO v_pending, v_watched
    FROM ops.upload_reservations
    WHERE user_id = v_user_id AND state = 'pending' AND watch_until > v_now;
    IF v_pending >= c_max_pending OR v_watched >= c_max_watched THEN
      RETURN ops.refuse('CONFLICT', '{"reason": "too_many_uploads"}');
    END IF;
    INSERT INTO ops.upload_reservations (id, family_id, user_id, object_key, waveform_key, size_bytes, duration_seconds, content_type,
                                         content_md5, waveform_size_bytes, url_expires_at, live_until, watch_until)
    VALUES (v_recording_id, p_family_id, v_user_id, p_object_key, p_waveform_key, p_size_bytes, p_duration_seconds, p_content_type,
            p_content_md5, p_waveform_size_bytes, v_now + p_url_seconds * interval '1 second', v_now + ops.reservation_hold(),
            v_now + ops.reservation_watch())
    RETURNING * INTO v_reservation;
    PERFORM ops.remember_idempotent('get-signed-upload-url', p_idempotency_key, p_request_hash,
      jsonb_build_object('recording_id', v_recording_id));
    PERFORM ops.capture_event('recording_upload_started', v_user_id, jsonb_build_object(
      'family_id', p_family_id, 'recording_id', v_recording_id), p_family_id::text);
  ELSE
    -- A new URL is valid for longer than the first: the reservation holds and is watched for longer too.
    UPDATE ops.upload_reservations
    SET url_expires_at = v_now + p_url_seconds * interval '1 second',
        live_until = v_now + ops.reservation_hold(),
        watch_until = v_now + ops.reservation_watch(),
        looks = 0,
        next_look_at = NULL,
        -- A member who left and came back uploads as a member again.
        uploader_left_at = NULL
    WHERE id = v_recording_id;
  END IF;

  RETURN jsonb_build_object(
    'recording_id', v_recording_id,
    'object_key', v_reservation.object_key,
    'waveform_key', v_reservation.waveform_key,
    'reserved_bytes', v_requested,
    'expires_at', v_now + p_url_seconds * interval '1 second');
END
$$;
COMMENT ON FUNCTION ops.get_signed_upload_url_tx IS
  'Reserves the bytes of an upload, audio and waveform, for the caller, through the gate. Refuses, in this order: FORBIDDEN, FAMILY_SUSPENDED, ENTITLEMENT_INACTIVE or UPLOADS_PAUSED, SUBSCRIPTION_INACTIVE, QUOTA_EXCEEDED, DURATION_EXCEEDED, CONFLICT too_many_uploads; CONFLICT idempotency_key_reused, already_finalized.';
SELECT ops.publish_function('ops.get_signed_upload_url_tx', 'app_service');
