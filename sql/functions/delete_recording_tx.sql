CREATE OR REPLACE FUNCTION ops.delete_recording_tx(p_recording_id uuid)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_locked record;
BEGIN
  SELECT * INTO v_locked FROM ops.lock_recording_for_change(p_recording_id);
  IF v_locked.refusal IS NOT NULL THEN
    RETURN v_locked.refusal;
  ELSIF (v_locked.recording).purging_at IS NOT NULL THEN
    RETURN ops.refuse('NOT_FOUND');
  END IF;
  -- Deleted twice, its thirty days still count from the first time. The trigger stamps when and by whom.
  UPDATE public.recordings SET deleted_at = clock_timestamp() WHERE id = p_recording_id AND deleted_at IS NULL;
  RETURN jsonb_build_object('recording', ops.recording_json(p_recording_id));
END
$$;
COMMENT ON FUNCTION ops.delete_recording_tx IS
  'Moves a recording to the trash, where it stays for 30 days and keeps its bytes on the ledger. Its creator or a keeper. Refuses NOT_FOUND, FORBIDDEN.';
SELECT ops.publish_function('ops.delete_recording_tx', 'app_service');
