CREATE OR REPLACE FUNCTION ops.invite_mail(p_invite_id uuid, p_generation integer)
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_mail jsonb;
BEGIN
  SELECT jsonb_build_object(
    'email', invite.email,
    'code_hash', encode(invite.code_hash, 'hex'),
    'expires_at', invite.expires_at,
    'family_name', family.name,
    'locale', family.locale,
    'inviter_name', coalesce(member.display_name, profile.display_name))
  INTO v_mail
  FROM public.invites AS invite
  JOIN public.families AS family ON family.id = invite.family_id
  LEFT JOIN public.family_members AS member ON member.family_id = invite.family_id AND member.user_id = invite.created_by
  LEFT JOIN public.profiles AS profile ON profile.user_id = invite.created_by
  WHERE invite.id = p_invite_id
    AND invite.generation = p_generation
    AND invite.email IS NOT NULL
    AND ops.invite_is_live(invite);
  RETURN jsonb_build_object('mail', v_mail);
END
$$;
COMMENT ON FUNCTION ops.invite_mail IS
  'What the mail of an invite says. mail is null where none is to be sent any more: the invite is revoked, expired, used up, deleted or of a newer generation.';
SELECT ops.publish_function('ops.invite_mail', 'app_service');
