CREATE OR REPLACE FUNCTION ops.delete_recording_tx(p_recording_id uuid)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_locked record;
  v_refusal jsonb;
BEGIN
  SELECT * INTO v_locked FROM ops.lock_recording_for_change(p_recording_id);
  v_refusal := coalesce(v_locked.refusal, ops.refuse_by_switch('writes', (v_locked.recording).family_id));
  IF v_refusal IS NOT NULL THEN
    RETURN v_refusal;
  ELSIF (v_locked.recording).purging_at IS NOT NULL THEN
    RETURN ops.refuse('NOT_FOUND');
  END IF;
  -- Deleted a second time it keeps its first date, from which its days in the trash count. The trigger sets when and by whom.
  UPDATE public.recordings SET deleted_at = clock_timestamp() WHERE id = p_recording_id AND deleted_at IS NULL;
  RETURN jsonb_build_object('recording', ops.recording_json(p_recording_id));
END
$$;
COMMENT ON FUNCTION ops.delete_recording_tx IS
  'Moves a recording to the trash, where it stays for rls.days_in_trash() days and keeps its bytes on the ledger. Refuses NOT_FOUND, FAMILY_SUSPENDED, and FORBIDDEN unless the caller is its creator or a keeper.';
SELECT ops.publish_function('ops.delete_recording_tx', 'app_service');
