CREATE OR REPLACE FUNCTION ops.lock_recording_for_change(p_recording_id uuid, OUT recording public.recordings, OUT refusal jsonb)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_family_id uuid;
BEGIN
  SELECT family_id INTO v_family_id FROM public.recordings
  WHERE id = p_recording_id AND family_id = ANY (ARRAY(SELECT rls.user_family_ids()));
  IF NOT FOUND THEN
    refusal := ops.refuse('NOT_FOUND');
    RETURN;
  END IF;
  -- The gate, then the recording. All that decides is read after both: meanwhile a purge may have begun, or the caller may
  -- have been removed.
  PERFORM ops.lock_family_storage(v_family_id);
  SELECT * INTO recording FROM public.recordings WHERE id = p_recording_id FOR NO KEY UPDATE;
  IF recording.id IS NULL OR NOT rls.is_member_of(v_family_id) THEN
    refusal := ops.refuse('NOT_FOUND');
  ELSIF NOT ops.may_change(v_family_id, recording.created_by) THEN
    -- The API returns no recording that is being purged, so for a storyteller it does not exist.
    refusal := ops.refuse(CASE WHEN recording.purging_at IS NULL THEN 'FORBIDDEN' ELSE 'NOT_FOUND' END);
  END IF;
END
$$;
COMMENT ON FUNCTION ops.lock_recording_for_change IS
  'Locks a recording that the caller wants to change, through the gate; refusal is null when they may. NOT_FOUND where the caller may not see it, FORBIDDEN where they may and are neither its creator nor a keeper.';
SELECT ops.publish_function('ops.lock_recording_for_change');
