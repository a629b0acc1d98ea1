CREATE OR REPLACE FUNCTION ops.create_prompt_tx(
  p_family_id uuid,
  p_text text,
  p_locale text DEFAULT NULL
)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  c_most_prompts constant integer := 500;
  c_most_a_day constant integer := 200;
  v_prompt_id uuid;
  v_refusal jsonb;
BEGIN
  IF NOT rls.is_member_of(p_family_id) THEN
    RETURN ops.refuse('FORBIDDEN');
  END IF;
  v_refusal := ops.refuse_by_switch('writes', p_family_id);
  IF v_refusal IS NOT NULL THEN
    RETURN v_refusal;
  END IF;
  -- The family's row puts its prompts one after the other, so that counting them means something. Deleting one makes room
  -- for another: so what was made within a day is bounded too.
  PERFORM FROM public.families WHERE id = p_family_id FOR NO KEY UPDATE;
  IF (SELECT count(*) FROM public.prompts WHERE family_id = p_family_id AND deleted_at IS NULL) >= c_most_prompts
     OR (SELECT count(*) FROM public.prompts
         WHERE family_id = p_family_id AND created_at > clock_timestamp() - interval '1 day') >= c_most_a_day
  THEN
    RETURN ops.refuse('CONFLICT', '{"reason": "too_many_prompts"}');
  END IF;
  BEGIN
    INSERT INTO public.prompts (family_id, text, locale, created_by)
    SELECT family.id, p_text, coalesce(p_locale, family.locale), auth.uid()
    FROM public.families AS family
    WHERE family.id = p_family_id
    RETURNING id INTO STRICT v_prompt_id;
  EXCEPTION WHEN no_data_found OR foreign_key_violation THEN
    -- The family was deleted between the two statements: the answer is that for an unknown family.
    RETURN ops.refuse('FORBIDDEN');
  END;
  PERFORM ops.capture_event('prompt_created', auth.uid(), jsonb_build_object(
    'family_id', p_family_id, 'prompt_id', v_prompt_id), p_family_id::text);
  RETURN (
    SELECT jsonb_build_object('prompt', to_jsonb(prompt))
    FROM wire.prompts AS prompt
    WHERE prompt.id = v_prompt_id
  );
END
$$;
COMMENT ON FUNCTION ops.create_prompt_tx IS
  'Creates a prompt, in the family''s language unless another is given. A family has at most 500, and creates at most 200 a day. Refuses FORBIDDEN unless the caller is a member, FAMILY_SUSPENDED, CONFLICT too_many_prompts.';
SELECT ops.publish_function('ops.create_prompt_tx', 'app_service');
