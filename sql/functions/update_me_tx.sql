CREATE OR REPLACE FUNCTION ops.update_me_tx(p_changes jsonb)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_user_id uuid := auth.uid();
  v_before public.profiles;
  v_after public.profiles;
BEGIN
  BEGIN
    INSERT INTO public.profiles (user_id) VALUES (v_user_id) ON CONFLICT (user_id) DO NOTHING;
  EXCEPTION WHEN foreign_key_violation THEN
    -- The token is valid, but the account it names is gone.
    RETURN ops.refuse('UNAUTHORIZED');
  END;
  SELECT * INTO STRICT v_before FROM public.profiles WHERE user_id = v_user_id FOR NO KEY UPDATE;
  UPDATE public.profiles
  SET display_name = CASE WHEN p_changes ? 'display_name' THEN p_changes ->> 'display_name' ELSE display_name END,
      locale = coalesce(p_changes ->> 'locale', locale)
  WHERE user_id = v_user_id
  RETURNING * INTO STRICT v_after;
  IF p_changes ? 'display_name' THEN
    UPDATE public.family_members SET display_name = v_after.display_name
    WHERE user_id = v_user_id AND display_name IS DISTINCT FROM v_after.display_name;
  END IF;
  IF v_after.locale <> v_before.locale THEN
    PERFORM ops.capture_event('settings_language_changed', v_user_id, jsonb_build_object(
      'locale', v_after.locale, 'previous_locale', v_before.locale), v_user_id::text);
  END IF;
  RETURN jsonb_build_object('me', jsonb_build_object(
    'user_id', v_user_id, 'display_name', v_after.display_name, 'locale', v_after.locale));
END
$$;
COMMENT ON FUNCTION ops.update_me_tx IS
  'Changes those of {display_name, locale} that p_changes names; the name in all families of the caller too. Refuses UNAUTHORIZED for an account that is gone.';
SELECT ops.publish_function('ops.update_me_tx', 'app_service');
