CREATE OR REPLACE FUNCTION ops.mark_purging_tx(p_recording_id uuid)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_family_id uuid;
  v_now timestamptz;
  v_recording public.recordings;
BEGIN
  SELECT family_id INTO v_family_id FROM public.recordings WHERE id = p_recording_id;
  -- The gate, then the recording, as restore_recording_tx locks them: the second of the two sees what the first has done.
  SELECT locked_at INTO v_now FROM ops.lock_family_storage(v_family_id);
  SELECT * INTO v_recording FROM public.recordings WHERE id = p_recording_id FOR NO KEY UPDATE;
  IF NOT FOUND
     OR NOT ops.deleting_is_armed()
     OR v_recording.deleted_at IS NULL
     OR (v_recording.purging_at IS NULL AND v_recording.deleted_at > v_now - make_interval(days => rls.days_in_trash()))
  THEN
    RETURN '{"keys": []}';
  END IF;
  UPDATE public.recordings SET purging_at = coalesce(purging_at, v_now) WHERE id = p_recording_id;
  RETURN jsonb_build_object('keys', to_jsonb(
    array_remove(ARRAY[v_recording.object_key, v_recording.waveform_key], NULL)));
END
$$;
COMMENT ON FUNCTION ops.mark_purging_tx IS
  'First step of a purge: commits that the objects may be deleted from now on, and returns their keys. No keys where the recording has not been in the trash for rls.days_in_trash() days, or deleting is disarmed. Repeatable.';
SELECT ops.publish_function('ops.mark_purging_tx', 'app_service');
