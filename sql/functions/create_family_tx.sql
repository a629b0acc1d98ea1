CREATE OR REPLACE FUNCTION ops.create_family_tx(
  p_name text,
  p_locale text,
  p_display_name text,
  p_quota_bytes bigint,
  p_max_recording_seconds integer,
  p_idempotency_key text DEFAULT NULL,
  p_request_hash text DEFAULT NULL
)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_user_id uuid := auth.uid();
  v_family_id uuid;
  v_prompts_seeded integer := 0;
  v_warnings jsonb := '[]';
  v_replay jsonb;
BEGIN
  v_replay := ops.recall_idempotent('create-family', p_idempotency_key, p_request_hash);
  IF v_replay ? 'refused' THEN
    RETURN v_replay;
  ELSIF v_replay IS NULL THEN
    IF ops.keeps_most_free_families(v_user_id) THEN
      RETURN ops.refuse('CONFLICT', '{"reason": "too_many_free_families"}');
    END IF;

    BEGIN
      INSERT INTO public.families (name, locale, created_by) VALUES (p_name, p_locale, v_user_id) RETURNING id INTO v_family_id;
      INSERT INTO public.profiles AS profile (user_id, display_name, locale) VALUES (v_user_id, p_display_name, p_locale)
      ON CONFLICT (user_id) DO UPDATE SET display_name = coalesce(excluded.display_name, profile.display_name);
    EXCEPTION WHEN foreign_key_violation THEN
      -- The token is valid, but the account it names is gone.
      RETURN ops.refuse('UNAUTHORIZED');
    END;
    INSERT INTO public.family_members (family_id, user_id, role, display_name)
    VALUES (v_family_id, v_user_id, 'keeper', (SELECT display_name FROM public.profiles WHERE user_id = v_user_id));
    INSERT INTO public.entitlements (family_id, storage_quota_bytes, max_recording_seconds)
    VALUES (v_family_id, p_quota_bytes, p_max_recording_seconds);

    -- A family without prompts is still a family: only this part may fail.
    BEGIN
      -- Their times are a microsecond apart, so that the list, newest first, shows them in their order.
      INSERT INTO public.prompts (family_id, text, locale, created_at)
      SELECT v_family_id, seed.text, p_locale, now() - seed.position * interval '1 microsecond'
      FROM ops.seed_prompts(p_locale) AS seed;
      GET DIAGNOSTICS v_prompts_seeded = ROW_COUNT;
    EXCEPTION WHEN OTHERS THEN
      v_warnings := '["prompts_not_seeded"]';
      PERFORM ops.note_anomaly('prompts_not_seeded', v_family_id, NULL, jsonb_build_object('sqlstate', SQLSTATE));
    END;

    v_replay := jsonb_build_object('family_id', v_family_id, 'prompts_seeded', v_prompts_seeded);
    PERFORM ops.remember_idempotent('create-family', p_idempotency_key, p_request_hash, v_replay);
    PERFORM ops.capture_event('onboarding_family_created', v_user_id,
      jsonb_build_object('family_id', v_family_id), v_family_id::text);
  END IF;

  RETURN coalesce((
    SELECT jsonb_build_object(
      'family', to_jsonb(family) - ARRAY['joined_at', 'members', 'entitlement', 'features', 'last_verified_at'],
      'entitlement', family.entitlement,
      'prompts_seeded', v_replay -> 'prompts_seeded',
      'warnings', v_warnings)
    FROM wire.families AS family
    WHERE family.id = (v_replay ->> 'family_id')::uuid
  ), ops.refuse('FORBIDDEN'));
END
$$;
COMMENT ON FUNCTION ops.create_family_tx IS
  'Creates a family with the caller as keeper, its free entitlement and its first prompts. Refuses CONFLICT too_many_free_families, idempotency_key_reused; UNAUTHORIZED for an account that is gone.';
SELECT ops.publish_function('ops.create_family_tx', 'app_service');
