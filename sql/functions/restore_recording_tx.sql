CREATE OR REPLACE FUNCTION ops.restore_recording_tx(p_recording_id uuid)
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
  -- Also in a suspended family: what stays in the trash is deleted one day.
  -- After its days it may be purged at any moment, even if no purge has begun yet: what was restored must not be gone tonight.
  ELSIF (v_locked.recording).purging_at IS NOT NULL
     OR (v_locked.recording).deleted_at <= clock_timestamp() - make_interval(days => rls.days_in_trash())
  THEN
    RETURN ops.refuse('CONFLICT', '{"reason": "purging"}');
  END IF;
  UPDATE public.recordings SET deleted_at = NULL, deleted_by = NULL WHERE id = p_recording_id AND deleted_at IS NOT NULL;
  RETURN jsonb_build_object('recording', ops.recording_json(p_recording_id));
END
$$;
COMMENT ON FUNCTION ops.restore_recording_tx IS
  'Takes a recording out of the trash; one that is not in the trash stays as it is. Refuses NOT_FOUND, FORBIDDEN unless the caller is its creator or a keeper, and CONFLICT purging after rls.days_in_trash() days.';
SELECT ops.publish_function('ops.restore_recording_tx', 'app_service');
