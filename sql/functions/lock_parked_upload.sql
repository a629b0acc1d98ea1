CREATE OR REPLACE FUNCTION ops.lock_parked_upload(p_upload_id uuid)
RETURNS ops.upload_reservations
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_family_id uuid;
  v_now timestamptz;
  v_upload ops.upload_reservations;
BEGIN
  SELECT family_id INTO v_family_id FROM ops.upload_reservations WHERE id = p_upload_id;
  IF NOT rls.is_keeper_of(v_family_id) THEN
    RETURN NULL;
  END IF;
  SELECT locked_at INTO v_now FROM ops.lock_family_storage(v_family_id);
  SELECT * INTO v_upload FROM ops.upload_reservations
  WHERE id = p_upload_id AND state = 'parked' AND watch_until > v_now
  FOR NO KEY UPDATE;
  -- Asked again after the locks: another keeper may have removed the caller meanwhile.
  IF NOT FOUND OR NOT rls.is_keeper_of(v_family_id) THEN
    RETURN NULL;
  END IF;
  RETURN v_upload;
END
$$;
COMMENT ON FUNCTION ops.lock_parked_upload IS
  'Locks a parked upload for a keeper''s decision, through the gate. Null where there is none: unknown, decided already, its time is over, or the caller is no keeper of its family.';
SELECT ops.publish_function('ops.lock_parked_upload');
