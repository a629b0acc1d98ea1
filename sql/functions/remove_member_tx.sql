CREATE OR REPLACE FUNCTION ops.remove_member_tx(p_family_id uuid, p_user_id uuid)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_leaving boolean := p_user_id = auth.uid();
  v_member jsonb;
  v_joined_by uuid;
  v_refusal jsonb;
BEGIN
  IF NOT rls.is_member_of(p_family_id) THEN
    RETURN ops.refuse('FORBIDDEN');
  END IF;
  -- The family's row first: of two last keepers who leave at once, the second finds that they are the last.
  PERFORM FROM public.families WHERE id = p_family_id FOR NO KEY UPDATE;
  IF NOT (rls.is_keeper_of(p_family_id) OR (v_leaving AND rls.is_member_of(p_family_id))) THEN
    RETURN ops.refuse('FORBIDDEN');
  END IF;
  -- Leaving is possible in a suspended family too.
  IF NOT v_leaving THEN
    v_refusal := ops.refuse_by_switch('writes', p_family_id);
    IF v_refusal IS NOT NULL THEN
      RETURN v_refusal;
    END IF;
  END IF;
  v_member := ops.member_json(p_family_id, p_user_id);
  IF v_member IS NULL THEN
    RETURN ops.refuse('NOT_FOUND');
  ELSIF ops.is_last_keeper(p_family_id, p_user_id) THEN
    RETURN ops.refuse('CONFLICT', '{"reason": "last_keeper"}');
  END IF;

  SELECT invite_id INTO v_joined_by FROM public.family_members WHERE family_id = p_family_id AND user_id = p_user_id;
  PERFORM ops.revoke_invites_of(p_family_id, p_user_id, v_joined_by);
  DELETE FROM public.family_members WHERE family_id = p_family_id AND user_id = p_user_id;
  -- By the clock after the wait: an invite made before this moment does not let them back in, one made later does. Leaving is
  -- noted too: otherwise a person about to be removed could leave first, and come back by a code they know.
  INSERT INTO ops.removals (family_id, user_id, removed_by, removed_at)
  VALUES (p_family_id, p_user_id, auth.uid(), clock_timestamp())
  ON CONFLICT (user_id, family_id) DO UPDATE SET removed_by = excluded.removed_by, removed_at = excluded.removed_at;
  PERFORM ops.end_uploads_of(p_family_id, p_user_id);
  RETURN jsonb_build_object('member', v_member);
END
$$;
COMMENT ON FUNCTION ops.remove_member_tx IS
  'A keeper removes a member, who then returns by a later invite alone; or the caller leaves, and for a day returns by a later invite alone. The live invites they made and the one they joined by are revoked, their pending uploads end. What they recorded stays. Refuses FORBIDDEN, FAMILY_SUSPENDED unless the caller leaves, NOT_FOUND for who is no member, CONFLICT last_keeper.';
SELECT ops.publish_function('ops.remove_member_tx', 'app_service');
