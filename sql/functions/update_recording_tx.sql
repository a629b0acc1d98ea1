CREATE OR REPLACE FUNCTION ops.update_recording_tx(p_recording_id uuid, p_changes jsonb)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_locked record;
  v_refusal jsonb;
  v_prompt_id uuid := p_changes ->> 'prompt_id';
BEGIN
  SELECT * INTO v_locked FROM ops.lock_recording_for_change(p_recording_id);
  v_refusal := coalesce(v_locked.refusal, ops.refuse_by_switch('writes', (v_locked.recording).family_id));
  IF v_refusal IS NOT NULL THEN
    RETURN v_refusal;
  ELSIF (v_locked.recording).purging_at IS NOT NULL THEN
    RETURN ops.refuse('NOT_FOUND');
  ELSIF (v_locked.recording).deleted_at IS NOT NULL THEN
    RETURN ops.refuse('CONFLICT', '{"reason": "deleted"}');
  END IF;
  -- A deleted prompt can still be the one that was answered; a prompt of another family cannot.
  IF v_prompt_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM public.prompts WHERE id = v_prompt_id AND family_id = (v_locked.recording).family_id
  ) THEN
    RETURN ops.refuse('NOT_FOUND');
  END IF;
  -- A key with the value null clears the field, a missing key keeps it. An empty title is stored as none.
  UPDATE public.recordings
  SET title = CASE WHEN p_changes ? 'title' THEN nullif(p_changes ->> 'title', '') ELSE title END,
      prompt_id = CASE WHEN p_changes ? 'prompt_id' THEN v_prompt_id ELSE prompt_id END,
      recorded_at = coalesce((p_changes ->> 'recorded_at')::timestamptz, recorded_at)
  WHERE id = p_recording_id AND p_changes <> '{}';
  RETURN jsonb_build_object('recording', ops.recording_json(p_recording_id));
END
$$;
COMMENT ON FUNCTION ops.update_recording_tx IS
  'Changes those of {title, prompt_id, recorded_at} that p_changes names. Refuses NOT_FOUND (recording or prompt), CONFLICT deleted, FAMILY_SUSPENDED, and FORBIDDEN unless the caller is its creator or a keeper.';
SELECT ops.publish_function('ops.update_recording_tx', 'app_service');
