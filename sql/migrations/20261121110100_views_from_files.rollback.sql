-- Undoes 20261121110100_views_from_files.sql: the views are again as 20261120091400_days_left.sql left them, because the
-- rollbacks of the older migrations expect to find exactly these.

DO $$
DECLARE
  v_views text := (
    SELECT string_agg(oid::regclass::text, ', ') FROM pg_catalog.pg_class
    WHERE relnamespace = 'wire'::regnamespace AND relkind = 'v');
BEGIN
  IF v_views IS NOT NULL THEN
    EXECUTE 'DROP VIEW ' || v_views;
  END IF;
END
$$;

CREATE VIEW wire.recordings WITH (security_invoker = true) AS
SELECT
  id, family_id, prompt_id, title, size_bytes, duration_seconds, content_type, recorded_at, created_by, created_at, deleted_at, rescued,
  CASE WHEN deleted_at IS NOT NULL THEN
    least(30, greatest(0, ceil(extract(epoch FROM deleted_at + interval '30 days' - now()) / 86400)))::integer
  END AS days_left
FROM public.recordings;
COMMENT ON VIEW wire.recordings IS 'A recording as the API shows it. days_left: until the trash is emptied of it, null outside the trash.';

CREATE VIEW wire.prompts WITH (security_invoker = true) AS
SELECT id, family_id, text, locale, created_by, created_at
FROM public.prompts
WHERE deleted_at IS NULL;
COMMENT ON VIEW wire.prompts IS 'A prompt as the API shows it.';

CREATE VIEW wire.invites WITH (security_invoker = true) AS
SELECT id, family_id, email, role, max_uses, used_count, expires_at, revoked_at, created_at
FROM public.invites;
COMMENT ON VIEW wire.invites IS 'An invite as the API shows it: never its code.';

CREATE VIEW wire.members WITH (security_invoker = true) AS
SELECT family_id, user_id, display_name, role, joined_at
FROM public.family_members;
COMMENT ON VIEW wire.members IS 'A member as the API shows it.';

CREATE VIEW wire.entitlements WITH (security_invoker = true) AS
SELECT
  family_id,
  plan,
  CASE WHEN suspended_at IS NOT NULL THEN 'suspended' ELSE status END AS status,
  storage_quota_bytes,
  storage_used_bytes,
  rls.reserved_bytes_of(family_id) AS storage_reserved_bytes,
  max_recording_seconds,
  current_period_end,
  cancel_at_period_end
FROM public.entitlements;
COMMENT ON VIEW wire.entitlements IS 'What a family may store, as the API shows it.';

CREATE VIEW wire.families WITH (security_invoker = true) AS
SELECT
  family.id,
  family.name,
  family.locale,
  mine.role,
  mine.joined_at,
  family.created_at,
  family.last_verified_at,
  (
    SELECT jsonb_agg(to_jsonb(member) - 'family_id' ORDER BY member.joined_at, member.user_id)
    FROM wire.members AS member
    WHERE member.family_id = family.id
  ) AS members,
  (
    SELECT to_jsonb(entitlement) - 'family_id'
    FROM wire.entitlements AS entitlement
    WHERE entitlement.family_id = family.id
  ) AS entitlement
FROM public.family_members AS mine
JOIN public.families AS family ON family.id = mine.family_id
WHERE mine.user_id = (SELECT auth.uid());
COMMENT ON VIEW wire.families IS 'A family of the caller''s as the API shows it: role is the caller''s own.';

ALTER VIEW wire.recordings OWNER TO app_owner;
ALTER VIEW wire.prompts OWNER TO app_owner;
ALTER VIEW wire.invites OWNER TO app_owner;
ALTER VIEW wire.members OWNER TO app_owner;
ALTER VIEW wire.entitlements OWNER TO app_owner;
ALTER VIEW wire.families OWNER TO app_owner;

REVOKE ALL ON wire.recordings, wire.prompts, wire.invites, wire.members, wire.entitlements, wire.families
  FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON wire.recordings, wire.prompts, wire.invites, wire.members, wire.entitlements, wire.families TO authenticated;

COMMENT ON SCHEMA wire IS 'One view for each thing the API shows: the shape on the wire, written once. Views run as their caller.';
