-- An invite as the API returns it.

CREATE VIEW wire.invites WITH (security_invoker = true) AS
SELECT
  id,
  family_id,
  email,
  role,
  max_uses,
  used_count,
  expires_at,
  revoked_at,
  mail_refused_at,
  created_by,
  created_at
FROM public.invites;
COMMENT ON VIEW wire.invites IS 'An invite as the API returns it: never its code.';

ALTER VIEW wire.invites OWNER TO app_owner;
REVOKE ALL ON wire.invites FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON wire.invites TO authenticated;
