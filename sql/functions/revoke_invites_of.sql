CREATE OR REPLACE FUNCTION ops.revoke_invites_of(p_family_id uuid, p_user_id uuid, p_joined_by uuid DEFAULT NULL)
RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
  UPDATE public.invites AS invite
  SET revoked_at = clock_timestamp()
  WHERE invite.family_id = p_family_id
    AND (invite.created_by = p_user_id OR invite.id = p_joined_by)
    AND ops.invite_is_live(invite)
$$;
COMMENT ON FUNCTION ops.revoke_invites_of IS
  'Revokes the live invites that a member made or resent last, and the one they joined by if it still has uses. The caller holds the lock of the family''s row.';
SELECT ops.publish_function('ops.revoke_invites_of');
