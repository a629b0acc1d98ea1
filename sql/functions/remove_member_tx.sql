CREATE OR REPLACE FUNCTION ops.remove_member_tx(p_family_id uuid, p_user_id uuid)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_leaving boolean := p_user_id = auth.uid();
  v_member jsonb;
BEGIN
  IF NOT rls.is_member_of(p_family_id) THEN
    RETURN ops.refuse('FORBIDDEN');
  END IF;
  -- The family's row first: of two last keepers who leave at once, the second finds that they are the last.
  PERFORM FROM public.families WHERE id = p_family_id FOR NO KEY UPDATE;
  IF NOT (rls.is_keeper_of(p_family_id) OR (v_leaving AND rls.is_member_of(p_family_id))) THEN
    RETURN ops.refuse('FORBIDDEN');
  END IF;
  v_member := ops.member_json(p_family_id, p_user_id);
  IF v_member IS NULL THEN
    RETURN ops.refuse('NOT_FOUND');
  ELSIF ops.is_last_keeper(p_family_id, p_user_id) THEN
    RETURN ops.refuse('CONFLICT', '{"reason": "last_keeper"}');
  END IF;
  DELETE FROM public.family_members WHERE family_id = p_family_id AND user_id = p_user_id;
  IF NOT v_leaving THEN
    -- By the clock after the wait: an invite made before this moment lets them back in no more, one made later does.
    INSERT INTO ops.removals (family_id, user_id, removed_by, removed_at)
    VALUES (p_family_id, p_user_id, auth.uid(), clock_timestamp())
    ON CONFLICT (user_id, family_id) DO UPDATE SET removed_by = excluded.removed_by, removed_at = excluded.removed_at;
  END IF;
  RETURN jsonb_build_object('member', v_member);
END
$$;
COMMENT ON FUNCTION ops.remove_member_tx IS
  'A keeper removes somebody, who then returns by a later invite alone; or the caller leaves, free to return. What they recorded stays. Refuses FORBIDDEN, NOT_FOUND for who is no member, CONFLICT last_keeper.';
SELECT ops.publish_function('ops.remove_member_tx', 'app_service');
