-- A member of a family as the API returns it.

CREATE VIEW wire.members WITH (security_invoker = true) AS
SELECT
  family_id,
  user_id,
  display_name,
  role,
  joined_at
FROM public.family_members;
COMMENT ON VIEW wire.members IS 'A member of a family as the API returns it.';

ALTER VIEW wire.members OWNER TO app_owner;
REVOKE ALL ON wire.members FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON wire.members TO authenticated;
