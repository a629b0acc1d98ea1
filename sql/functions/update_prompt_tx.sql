CREATE OR REPLACE FUNCTION ops.update_prompt_tx(p_prompt_id uuid, p_changes jsonb)
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
  ELSIF (v_locked.prompt).deleted_at IS NOT NULL THEN
    RETURN ops.refuse('NOT_FOUND');
  END IF;
  UPDATE public.prompts
  SET text = coalesce(p_changes ->> 'text', text),
      locale = coalesce(p_changes ->> 'locale', locale)
  WHERE id = p_prompt_id AND p_changes <> '{}';
  RETURN (
    SELECT jsonb_build_object('prompt', to_jsonb(prompt))
    FROM wire.prompts AS prompt
    WHERE prompt.id = p_prompt_id
  );
END
$$;
COMMENT ON FUNCTION ops.update_prompt_tx IS
  'Changes those of {text, locale} that p_changes names. Refuses NOT_FOUND (a deleted prompt too), and FORBIDDEN unless the caller is its author or a keeper.';
SELECT ops.publish_function('ops.update_prompt_tx', 'app_service');
