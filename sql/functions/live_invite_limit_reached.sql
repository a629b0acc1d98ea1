CREATE OR REPLACE FUNCTION ops.live_invite_limit_reached(p_family_id uuid)
RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT count(*) >= 30
  FROM public.invites AS invite
  WHERE invite.family_id = p_family_id AND ops.invite_is_live(invite)
$$;
COMMENT ON FUNCTION ops.live_invite_limit_reached IS
  'Whether the family has 30 live invites, which is the most it may have. Valid while the caller holds the lock of the family''s row.';
SELECT ops.publish_function('ops.live_invite_limit_reached');
