CREATE OR REPLACE FUNCTION ops.decline_parked_upload_tx(p_upload_id uuid)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_upload ops.upload_reservations := ops.lock_parked_upload(p_upload_id);
  v_refusal jsonb;
BEGIN
  IF v_upload.id IS NULL THEN
    RETURN ops.refuse('NOT_FOUND');
  END IF;
  v_refusal := ops.refuse_by_switch('writes', v_upload.family_id);
  IF v_refusal IS NOT NULL THEN
    RETURN v_refusal;
  END IF;
  UPDATE ops.upload_reservations SET state = 'abandoned', watch_until = clock_timestamp() WHERE id = p_upload_id;
  RETURN jsonb_build_object('upload', ops.parked_upload_json(v_upload));
END
$$;
COMMENT ON FUNCTION ops.decline_parked_upload_tx IS
  'Declines an object that a former member uploaded after they had left: the next clean-up deletes it. Refuses NOT_FOUND unless the caller is a keeper of its family, FAMILY_SUSPENDED.';
SELECT ops.publish_function('ops.decline_parked_upload_tx', 'app_service');
