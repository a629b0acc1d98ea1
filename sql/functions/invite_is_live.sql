CREATE OR REPLACE FUNCTION ops.invite_is_live(p_invite public.invites)
RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT p_invite.revoked_at IS NULL
    AND p_invite.used_count < p_invite.max_uses
    AND p_invite.expires_at > clock_timestamp()
$$;
COMMENT ON FUNCTION ops.invite_is_live IS 'Whether the invite still lets people in: it is not revoked, used up or expired.';
SELECT ops.publish_function('ops.invite_is_live');
