CREATE OR REPLACE FUNCTION ops.lock_prompt_for_change(p_prompt_id uuid, OUT prompt public.prompts, OUT refusal jsonb)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  SELECT * INTO prompt FROM public.prompts
  WHERE id = p_prompt_id AND family_id = ANY (ARRAY(SELECT rls.user_family_ids()))
  FOR NO KEY UPDATE;
  IF prompt.id IS NULL OR NOT rls.is_member_of(prompt.family_id) THEN
    refusal := ops.refuse('NOT_FOUND');
  ELSIF NOT ops.may_change(prompt.family_id, prompt.created_by) THEN
    -- The API returns no deleted prompt, so for a caller who may not delete it the prompt does not exist.
    refusal := ops.refuse(CASE WHEN prompt.deleted_at IS NULL THEN 'FORBIDDEN' ELSE 'NOT_FOUND' END);
  ELSE
    refusal := ops.refuse_by_switch('writes', prompt.family_id);
  END IF;
END
$$;
COMMENT ON FUNCTION ops.lock_prompt_for_change IS
  'Locks a prompt that the caller wants to change; refusal is null when they may. NOT_FOUND where the caller may not see it, FORBIDDEN where they may and are neither its author nor a keeper, FAMILY_SUSPENDED where its family is suspended.';
SELECT ops.publish_function('ops.lock_prompt_for_change');
