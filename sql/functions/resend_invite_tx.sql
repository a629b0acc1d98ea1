CREATE OR REPLACE FUNCTION ops.resend_invite_tx(
  p_invite_id uuid,
  p_generation integer,
  p_code_hash bytea
)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_now timestamptz;
  v_invite public.invites;
  v_refusal jsonb;
BEGIN
  SELECT * INTO v_invite FROM public.invites WHERE id = p_invite_id;
  IF NOT ops.lock_family_as_keeper(v_invite.family_id) THEN
    RETURN ops.refuse('NOT_FOUND');
  END IF;
  v_refusal := ops.refuse_by_switch('writes', v_invite.family_id);
  IF v_refusal IS NOT NULL THEN
    RETURN v_refusal;
  END IF;
  -- Read again after the lock, with the clock after it: another call may just have redeemed the invite.
  SELECT * INTO v_invite FROM public.invites WHERE id = p_invite_id FOR NO KEY UPDATE;
  v_now := clock_timestamp();
  IF v_invite.revoked_at IS NOT NULL THEN
    RETURN ops.refuse('CONFLICT', '{"reason": "revoked"}');
  ELSIF v_invite.used_count >= v_invite.max_uses THEN
    RETURN ops.refuse('CONFLICT', '{"reason": "used_up"}');
  ELSIF v_invite.expires_at <= v_now AND ops.live_invite_limit_reached(v_invite.family_id) THEN
    -- An expired invite becomes live again, so it counts like a new one.
    RETURN ops.refuse('CONFLICT', '{"reason": "too_many_invites"}');
  ELSIF p_generation <= v_invite.generation THEN
    RETURN jsonb_build_object('next_generation', v_invite.generation + 1);
  END IF;

  BEGIN
    UPDATE public.invites
    SET generation = p_generation,
        code_hash = p_code_hash,
        -- Who knows the code: it ends when they go, and not when the first maker does.
        created_by = auth.uid(),
        resent_at = v_now,
        mail_refused_at = NULL,
        expires_at = v_now + (v_invite.expires_at - coalesce(v_invite.resent_at, v_invite.created_at))
    WHERE id = p_invite_id
    RETURNING * INTO v_invite;
  EXCEPTION WHEN unique_violation THEN
    RETURN jsonb_build_object('next_generation', p_generation + 1);
  END;
  RETURN jsonb_build_object(
    'id', v_invite.id,
    'generation', v_invite.generation,
    'expires_at', v_invite.expires_at,
    'max_uses', v_invite.max_uses,
    'email_queued', ops.queue_invite_mail(v_invite));
END
$$;
COMMENT ON FUNCTION ops.resend_invite_tx IS
  'Makes a new generation of an invite: the old code ends, the new one is the caller''s and valid for as long as the first was, its mail is enqueued. next_generation: this one exists or its code is that of another invite, so the caller tries again with that. Refuses NOT_FOUND unless the caller is a keeper, FAMILY_SUSPENDED, CONFLICT revoked, used_up, too_many_invites.';
SELECT ops.publish_function('ops.resend_invite_tx', 'app_service');
