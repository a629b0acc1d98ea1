-- A prompt as the API returns it.

CREATE VIEW wire.prompts WITH (security_invoker = true) AS
SELECT
  id,
  family_id,
  text,
  locale,
  created_by,
  created_at
FROM public.prompts
WHERE deleted_at IS NULL;
COMMENT ON VIEW wire.prompts IS 'A prompt as the API returns it. Deleted prompts are left out.';

ALTER VIEW wire.prompts OWNER TO app_owner;
REVOKE ALL ON wire.prompts FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON wire.prompts TO authenticated;
