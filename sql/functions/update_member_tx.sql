CREATE OR REPLACE FUNCTION ops.update_member_tx(p_family_id uuid, p_user_id uuid, p_changes jsonb)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_role text := p_changes ->> 'role';
  v_keeps_most boolean;
  v_refusal jsonb;
BEGIN
  -- Counted before the family's row is locked, which is the order of locks; and for a keeper's wish alone.
  IF v_role = 'keeper' AND rls.is_keeper_of(p_family_id) THEN
    v_keeps_most := ops.keeps_most_free_families(p_user_id);
  END IF;
  IF NOT ops.lock_family_as_keeper(p_family_id) THEN
    RETURN ops.refuse('FORBIDDEN');
  END IF;
  v_refusal := ops.refuse_by_switch('writes', p_family_id);
  IF v_refusal IS NOT NULL THEN
    RETURN v_refusal;
  END IF;
  IF NOT EXISTS (SELECT FROM public.family_members WHERE family_id = p_family_id AND user_id = p_user_id) THEN
    RETURN ops.refuse('NOT_FOUND');
  END IF;
  IF v_role <> 'keeper' AND ops.is_last_keeper(p_family_id, p_user_id) THEN
    RETURN ops.refuse('CONFLICT', '{"reason": "last_keeper"}');
  END IF;
  -- A free family counts for each of its keepers. Else two people could pass keeping on to each other and found ever more.
  IF v_keeps_most
     AND (SELECT plan FROM public.entitlements WHERE family_id = p_family_id) = 'free'
     AND NOT EXISTS (SELECT FROM public.family_members WHERE family_id = p_family_id AND user_id = p_user_id AND role = 'keeper')
  THEN
    RETURN ops.refuse('CONFLICT', '{"reason": "keeps_too_many_families"}');
  END IF;
  IF v_role = 'storyteller' THEN
    -- A person who may no longer invite keeps no live invites. A storyteller has none.
    PERFORM ops.revoke_invites_of(p_family_id, p_user_id);
  END IF;
  UPDATE public.family_members SET role = v_role WHERE family_id = p_family_id AND user_id = p_user_id AND role <> v_role;
  RETURN jsonb_build_object('member', ops.member_json(p_family_id, p_user_id));
END
$$;
COMMENT ON FUNCTION ops.update_member_tx IS
  'Changes the role of a member; the live invites of a keeper who becomes a storyteller are revoked. Refuses FORBIDDEN unless the caller is a keeper, FAMILY_SUSPENDED, NOT_FOUND for a person who is no member, CONFLICT last_keeper, keeps_too_many_families.';
SELECT ops.publish_function('ops.update_member_tx', 'app_service');
