-- A family of the caller as the API returns it, with its members and its entitlement.

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
  ) AS entitlement,
  rls.features_of(family.id) AS features
FROM public.family_members AS mine
JOIN public.families AS family ON family.id = mine.family_id
WHERE mine.user_id = (SELECT auth.uid());
COMMENT ON VIEW wire.families IS 'A family of the caller as the API returns it. role and joined_at are the caller''s own.';

ALTER VIEW wire.families OWNER TO app_owner;
REVOKE ALL ON wire.families FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON wire.families TO authenticated;
