CREATE OR REPLACE FUNCTION ops.update_recording_tx(p_recording_id uuid, p_changes jsonb)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_locked record;
  v_prompt_id uuid := p_changes ->> 'prompt_id';
BEGIN
  SELECT * INTO v_locked FROM ops.lock_recording_for_change(p_recording_id);
  IF v_locked.refusal IS NOT NULL THEN
    RETURN v_locked.refusal;
  ELSIF (v_locked.recording).purging_at IS NOT NULL THEN
    RETURN ops.refuse('NOT_FOUND');
  ELSIF (v_locked.recording).deleted_at IS NOT NULL THEN
    RETURN ops.refuse('CONFLICT', '{"reason": "deleted"}');
  END IF;
  -- A deleted prompt is still the one that was answered; one of another family is none.
  IF v_prompt_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM public.prompts WHERE id = v_prompt_id AND family_id = (v_locked.recording).family_id
  ) THEN
    RETURN ops.refuse('NOT_FOUND');
  END IF;
  -- A key that is there with null clears, a key that is not there keeps. An empty title is none.
  UPDATE public.recordings
  SET title = CASE WHEN p_changes ? 'title' THEN nullif(p_changes ->> 'title', '') ELSE title END,
      prompt_id = CASE WHEN p_changes ? 'prompt_id' THEN v_prompt_id ELSE prompt_id END,
      recorded_at = coalesce((p_changes ->> 'recorded_at')::timestamptz, recorded_at)
  WHERE id = p_recording_id AND p_changes <> '{}';
  RETURN jsonb_build_object('recording', ops.recording_json(p_recording_id));
END
$$;
COMMENT ON FUNCTION ops.update_recording_tx IS
  'Changes {title, prompt_id, recorded_at} of a recording, those that are named. Its creator or a keeper. Refuses NOT_FOUND (recording or prompt), FORBIDDEN, CONFLICT deleted.';
SELECT ops.publish_function('ops.update_recording_tx', 'app_service');
