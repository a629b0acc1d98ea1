CREATE OR REPLACE FUNCTION ops.update_member_tx(p_family_id uuid, p_user_id uuid, p_changes jsonb)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_role text := p_changes ->> 'role';
BEGIN
  IF NOT ops.lock_family_as_keeper(p_family_id) THEN
    RETURN ops.refuse('FORBIDDEN');
  END IF;
  IF NOT EXISTS (SELECT FROM public.family_members WHERE family_id = p_family_id AND user_id = p_user_id) THEN
    RETURN ops.refuse('NOT_FOUND');
  END IF;
  IF v_role <> 'keeper' AND ops.is_last_keeper(p_family_id, p_user_id) THEN
    RETURN ops.refuse('CONFLICT', '{"reason": "last_keeper"}');
  END IF;
  IF v_role = 'storyteller' THEN
    -- Who may invite no more has no invites of their own any more. One who never was a keeper has none.
    PERFORM ops.revoke_invites_of(p_family_id, p_user_id);
  END IF;
  UPDATE public.family_members SET role = v_role WHERE family_id = p_family_id AND user_id = p_user_id AND role <> v_role;
  RETURN jsonb_build_object('member', ops.member_json(p_family_id, p_user_id));
END
$$;
COMMENT ON FUNCTION ops.update_member_tx IS
  'Changes {role} of a member; the live invites of a keeper who becomes a storyteller are revoked. Refuses FORBIDDEN to whoever is no keeper, NOT_FOUND for who is no member, CONFLICT last_keeper.';
SELECT ops.publish_function('ops.update_member_tx', 'app_service');
