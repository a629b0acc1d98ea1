CREATE OR REPLACE FUNCTION ops.create_invite_tx(
  p_family_id uuid,
  p_invite_id uuid,
  p_code_hash bytea,
  p_email text,
  p_max_uses integer,
  p_expires_in_days integer,
  p_idempotency_key text DEFAULT NULL,
  p_request_hash text DEFAULT NULL
)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_invite public.invites;
  v_email_queued boolean;
  v_replay jsonb;
  v_refusal jsonb;
BEGIN
  IF NOT rls.is_keeper_of(p_family_id) THEN
    RETURN ops.refuse('FORBIDDEN');
  END IF;
  v_refusal := ops.refuse_by_switch('writes', p_family_id);
  IF v_refusal IS NOT NULL THEN
    RETURN v_refusal;
  END IF;
  v_replay := ops.recall_idempotent('create-invite', p_idempotency_key, p_request_hash);
  IF v_replay ? 'refused' THEN
    RETURN v_replay;
  ELSIF v_replay IS NULL THEN
    -- The lock of the family's row: two transactions at once would both count the same invites.
    PERFORM FROM public.families WHERE id = p_family_id FOR NO KEY UPDATE;
    -- Asked again after the lock: the transaction that held it may have removed the caller.
    IF NOT rls.is_keeper_of(p_family_id) THEN
      RETURN ops.refuse('FORBIDDEN');
    END IF;
    -- Revoking makes room for another one: so what was made within a day is bounded too.
    IF ops.live_invite_limit_reached(p_family_id) OR (
      SELECT count(*) FROM public.invites WHERE family_id = p_family_id AND created_at > clock_timestamp() - interval '1 day'
    ) >= 100 THEN
      RETURN ops.refuse('CONFLICT', '{"reason": "too_many_invites"}');
    END IF;
    INSERT INTO public.invites (id, family_id, email, max_uses, code_hash, expires_at, created_by)
    VALUES (p_invite_id, p_family_id, p_email, p_max_uses, p_code_hash,
            now() + p_expires_in_days * interval '1 day', auth.uid())
    ON CONFLICT (code_hash) DO NOTHING
    RETURNING * INTO v_invite;
    IF NOT FOUND THEN
      RETURN '{"collided": true}';
    END IF;
    v_email_queued := ops.queue_invite_mail(v_invite);
    v_replay := jsonb_build_object('invite_id', v_invite.id, 'email_queued', v_email_queued);
    PERFORM ops.remember_idempotent('create-invite', p_idempotency_key, p_request_hash, v_replay);
    PERFORM ops.capture_event('invitation_created', auth.uid(),
      jsonb_build_object('family_id', p_family_id), p_family_id::text);
  END IF;

  RETURN (
    SELECT jsonb_build_object(
      'id', invite.id,
      'generation', invite.generation,
      'code_hash', encode(invite.code_hash, 'hex'),
      'expires_at', invite.expires_at,
      'max_uses', invite.max_uses,
      'email_queued', v_replay -> 'email_queued')
    FROM public.invites AS invite
    WHERE invite.id = (v_replay ->> 'invite_id')::uuid
  );
END
$$;
COMMENT ON FUNCTION ops.create_invite_tx IS
  'Creates an invite, and enqueues its mail when an address is given. Refuses FORBIDDEN unless the caller is a keeper, FAMILY_SUSPENDED, CONFLICT too_many_invites, idempotency_key_reused. collided: another invite has the same code, so the caller tries again with another id.';
SELECT ops.publish_function('ops.create_invite_tx', 'app_service');
