CREATE OR REPLACE FUNCTION ops.accept_parked_upload_tx(p_upload_id uuid)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_upload ops.upload_reservations := ops.lock_parked_upload(p_upload_id);
BEGIN
  IF v_upload.id IS NULL THEN
    RETURN ops.refuse('NOT_FOUND');
  END IF;
  -- Also in a suspended family: what no keeper accepts is deleted.
  PERFORM ops.keep_recording(v_upload, v_upload.parked_object, NULL, NULL, NULL, true);
  RETURN jsonb_build_object('recording', ops.recording_json(p_upload_id));
END
$$;
COMMENT ON FUNCTION ops.accept_parked_upload_tx IS
  'Keeps an object that a former member uploaded after they had left: it becomes a recording of that person, over quota too. Refuses NOT_FOUND unless the caller is a keeper of its family.';
SELECT ops.publish_function('ops.accept_parked_upload_tx', 'app_service');
