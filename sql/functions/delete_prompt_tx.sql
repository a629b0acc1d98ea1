CREATE OR REPLACE FUNCTION ops.delete_prompt_tx(p_prompt_id uuid)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_locked record;
BEGIN
  SELECT * INTO v_locked FROM ops.lock_prompt_for_change(p_prompt_id);
  IF v_locked.refusal IS NOT NULL THEN
    RETURN v_locked.refusal;
  END IF;
  UPDATE public.prompts SET deleted_at = clock_timestamp() WHERE id = p_prompt_id AND deleted_at IS NULL;
  -- Made from the locked row: the view contains no deleted prompt.
  RETURN jsonb_build_object('prompt', to_jsonb(v_locked.prompt) - ARRAY['updated_at', 'deleted_at']);
END
$$;
COMMENT ON FUNCTION ops.delete_prompt_tx IS
  'Removes a prompt from the family''s list; recordings that answered it keep its id. Repeatable. Refuses NOT_FOUND, and FORBIDDEN unless the caller is its author or a keeper.';
SELECT ops.publish_function('ops.delete_prompt_tx', 'app_service');
