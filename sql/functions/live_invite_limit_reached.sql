CREATE OR REPLACE FUNCTION ops.live_invite_limit_reached(p_family_id uuid)
RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT count(*) >= 30
  FROM public.invites
  WHERE family_id = p_family_id AND revoked_at IS NULL AND used_count < max_uses AND expires_at > clock_timestamp()
$$;
COMMENT ON FUNCTION ops.live_invite_limit_reached IS
  'Whether the family has 30 live invites (not revoked, used up or expired), which is the most it may have. Holds only under the lock of the family''s row.';
SELECT ops.publish_function('ops.live_invite_limit_reached');
