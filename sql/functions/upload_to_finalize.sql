CREATE OR REPLACE FUNCTION ops.upload_to_finalize(p_family_id uuid, p_recording_id uuid)
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_upload jsonb;
BEGIN
  IF NOT rls.is_member_of(p_family_id) THEN
    RETURN ops.refuse('FORBIDDEN');
  END IF;
  IF EXISTS (
    SELECT FROM public.recordings
    WHERE id = p_recording_id AND family_id = p_family_id AND created_by = auth.uid() AND purging_at IS NULL
  ) THEN
    RETURN '{"object_key": null, "waveform_key": null}';
  END IF;
  SELECT jsonb_build_object('object_key', object_key, 'waveform_key', waveform_key) INTO v_upload
  FROM ops.upload_reservations
  WHERE id = p_recording_id AND family_id = p_family_id AND user_id = auth.uid() AND state = 'pending';
  IF NOT FOUND THEN
    RETURN ops.refuse('NOT_FOUND');
  END IF;
  RETURN v_upload;
END
$$;
COMMENT ON FUNCTION ops.upload_to_finalize IS
  'Where the objects of the caller''s own upload are, asked before the object store is: {object_key, waveform_key}, both null where the upload is a recording already. Refuses FORBIDDEN, NOT_FOUND.';
SELECT ops.publish_function('ops.upload_to_finalize', 'app_service');
