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
  v_prompt_id uuid;
BEGIN
  IF NOT rls.is_member_of(p_family_id) THEN
    RETURN ops.refuse('FORBIDDEN');
  END IF;
  BEGIN
    INSERT INTO public.prompts (family_id, text, locale, created_by)
    SELECT family.id, p_text, coalesce(p_locale, family.locale), auth.uid()
    FROM public.families AS family
    WHERE family.id = p_family_id
    RETURNING id INTO STRICT v_prompt_id;
  EXCEPTION WHEN no_data_found OR foreign_key_violation THEN
    -- The family went between the two statements: to the caller it never was.
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
  'A prompt of the caller''s, in the family''s language unless another is given. Refuses FORBIDDEN to whoever is no member.';
SELECT ops.publish_function('ops.create_prompt_tx', 'app_service');
