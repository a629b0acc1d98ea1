-- What a family may store, as the API returns it.

CREATE VIEW wire.entitlements WITH (security_invoker = true) AS
SELECT
  family_id,
  plan,
  CASE WHEN rls.uploads_are_suspended(family_id) THEN 'suspended' ELSE status END AS status,
  storage_quota_bytes,
  storage_used_bytes,
  rls.reserved_bytes_of(family_id) AS storage_reserved_bytes,
  max_recording_seconds,
  current_period_end,
  cancel_at_period_end
FROM public.entitlements;
COMMENT ON VIEW wire.entitlements IS 'What a family may store, as the API returns it.';

ALTER VIEW wire.entitlements OWNER TO app_owner;
REVOKE ALL ON wire.entitlements FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON wire.entitlements TO authenticated;
