CREATE OR REPLACE FUNCTION ops.redeem_invite_tx(
  p_code_hashes bytea[],
  p_display_name text,
  p_address text
)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_user_id uuid := auth.uid();
  v_invite public.invites;
  v_removal ops.removals;
  v_joined uuid;
  v_refusal jsonb;
BEGIN
  v_refusal := ops.count_wrong_codes(p_address, 0);
  IF v_refusal IS NOT NULL THEN
    RETURN v_refusal;
  END IF;

  -- Locked first, read after: a call that waits here sees the uses that the one before it took.
  SELECT * INTO v_invite FROM public.invites WHERE code_hash = ANY (p_code_hashes) FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN ops.refuse_wrong_code(p_address);
  END IF;

  IF NOT EXISTS (SELECT FROM public.family_members WHERE user_id = v_user_id AND family_id = v_invite.family_id) THEN
    SELECT * INTO v_removal FROM ops.removals WHERE user_id = v_user_id AND family_id = v_invite.family_id;
    IF NOT ops.invite_is_live(v_invite)
       -- Removed by a keeper: by a later invite alone. Left on their own: the same for a day.
       OR (v_invite.created_at <= v_removal.removed_at
           AND (v_removal.removed_by IS DISTINCT FROM v_user_id
                OR v_removal.removed_at > clock_timestamp() - interval '1 day'))
    THEN
      RETURN ops.refuse_wrong_code(p_address);
    END IF;
    v_refusal := ops.refuse_by_switch('writes', v_invite.family_id);
    IF v_refusal IS NOT NULL THEN
      RETURN v_refusal;
    END IF;
    BEGIN
      INSERT INTO public.profiles AS profile (user_id, display_name) VALUES (v_user_id, p_display_name)
      ON CONFLICT (user_id) DO UPDATE SET display_name = coalesce(excluded.display_name, profile.display_name);
      INSERT INTO public.family_members (family_id, user_id, role, invite_id, display_name)
      VALUES (v_invite.family_id, v_user_id, v_invite.role, v_invite.id,
              (SELECT display_name FROM public.profiles WHERE user_id = v_user_id))
      ON CONFLICT (user_id, family_id) DO NOTHING
      RETURNING id INTO v_joined;
    EXCEPTION WHEN foreign_key_violation THEN
      RETURN ops.refuse('UNAUTHORIZED');
    END;
  END IF;

  -- A use is taken only where this call made the membership.
  IF v_joined IS NOT NULL THEN
    UPDATE public.invites SET used_count = used_count + 1 WHERE id = v_invite.id;
    PERFORM ops.capture_event('invitation_redeemed', v_user_id,
      jsonb_build_object('family_id', v_invite.family_id), v_invite.family_id::text);
  END IF;

  RETURN (
    SELECT jsonb_build_object(
      'family', jsonb_build_object('id', family.id, 'name', family.name, 'role', family.role),
      'already_member', v_joined IS NULL)
    FROM wire.families AS family
    WHERE family.id = v_invite.family_id
  );
END
$$;
COMMENT ON FUNCTION ops.redeem_invite_tx IS
  'Adds the caller to the family of the invite. A member gets already_member whatever the state of the invite, and takes no use. Refuses INVITE_NOT_VALID for every other way a code can be wrong, FAMILY_SUSPENDED for a suspended family, RATE_LIMIT past the budgets of wrong codes.';
SELECT ops.publish_function('ops.redeem_invite_tx', 'app_service');
