CREATE OR REPLACE FUNCTION ops.revoke_invite_tx(p_invite_id uuid)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_family_id uuid;
  v_refusal jsonb;
BEGIN
  SELECT family_id INTO v_family_id FROM public.invites WHERE id = p_invite_id;
  -- Only keepers see invites: for others the invite does not exist.
  IF NOT ops.lock_family_as_keeper(v_family_id) THEN
    RETURN ops.refuse('NOT_FOUND');
  END IF;
  v_refusal := ops.refuse_by_switch('writes', v_family_id);
  IF v_refusal IS NOT NULL THEN
    RETURN v_refusal;
  END IF;
  -- Waits for a call that is redeeming the invite at this moment: that one succeeds, the next does not.
  UPDATE public.invites SET revoked_at = clock_timestamp() WHERE id = p_invite_id AND revoked_at IS NULL;
  RETURN (
    SELECT jsonb_build_object('invite', to_jsonb(invite))
    FROM wire.invites AS invite
    WHERE invite.id = p_invite_id
  );
END
$$;
COMMENT ON FUNCTION ops.revoke_invite_tx IS
  'Ends an invite. Repeatable. Refuses NOT_FOUND unless the caller is a keeper of its family, FAMILY_SUSPENDED.';
SELECT ops.publish_function('ops.revoke_invite_tx', 'app_service');
