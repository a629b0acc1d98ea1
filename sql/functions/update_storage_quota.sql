CREATE OR REPLACE FUNCTION ops.update_storage_quota(
  p_family_id uuid,
  p_delta_bytes bigint,
  p_operation text,
  p_recording_id uuid,
  p_description text DEFAULT NULL,
  p_admitted boolean DEFAULT false
)
RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_used bigint;
  v_quota bigint;
  v_used_after bigint;
BEGIN
  SELECT (entitlement).storage_used_bytes, (entitlement).storage_quota_bytes INTO v_used, v_quota
  FROM ops.lock_family_storage(p_family_id);

  v_used_after := greatest(0, v_used + p_delta_bytes);
  IF v_used + p_delta_bytes < 0 THEN
    -- More bytes are released than are used: something was released twice. Recorded as an anomaly, and nothing else fails.
    PERFORM ops.note_anomaly('quota_clamped', p_family_id, p_recording_id, jsonb_build_object(
      'used_bytes', v_used, 'delta_bytes', p_delta_bytes, 'operation', p_operation));
  END IF;
  IF p_delta_bytes > 0 AND v_used_after > v_quota THEN
    IF NOT p_admitted THEN
      RAISE EXCEPTION 'storage quota exceeded' USING ERRCODE = 'P0001';
    END IF;
    PERFORM ops.note_anomaly('admitted_over_quota', p_family_id, p_recording_id, jsonb_build_object(
      'used_bytes', v_used_after, 'quota_bytes', v_quota));
  END IF;

  -- The ledger gets the change that was really made, so that its sum always equals storage_used_bytes.
  INSERT INTO public.usage_ledger (family_id, recording_id, operation, delta_bytes, used_after_bytes, description)
  VALUES (p_family_id, p_recording_id, p_operation, v_used_after - v_used, v_used_after, p_description);
  UPDATE public.entitlements SET storage_used_bytes = v_used_after WHERE family_id = p_family_id;
  RETURN v_used_after;
END
$$;
COMMENT ON FUNCTION ops.update_storage_quota IS
  'The only writer of storage_used_bytes: takes the gate, writes the ledger, raises P0001 over quota. p_admitted: the upload was admitted earlier, so it is counted over quota too, and recorded as an anomaly.';
SELECT ops.publish_function('ops.update_storage_quota');
