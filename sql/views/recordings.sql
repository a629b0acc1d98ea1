-- A recording as the API returns it.
--
-- security_invoker: a person who reads the view is under row-level security and column grants; app_owner's functions are not.
-- now() and not clock_timestamp(): a volatile column keeps the planner from looking through the view, and Postgres then
-- sorts the family's whole list for every page. least(): the transaction that deletes began before the deletion.

CREATE VIEW wire.recordings WITH (security_invoker = true) AS
SELECT
  id,
  family_id,
  prompt_id,
  title,
  size_bytes,
  duration_seconds,
  content_type,
  recorded_at,
  created_by,
  created_at,
  deleted_at,
  rescued,
  CASE WHEN deleted_at IS NOT NULL THEN
    least(
      rls.days_in_trash(),
      greatest(0, ceil(extract(epoch FROM deleted_at + make_interval(days => rls.days_in_trash()) - now()) / 86400))
    )::integer
  END AS days_left
FROM public.recordings;
COMMENT ON VIEW wire.recordings IS 'A recording as the API returns it. days_left: days until the schedule purges it, null outside the trash.';

ALTER VIEW wire.recordings OWNER TO app_owner;
REVOKE ALL ON wire.recordings FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON wire.recordings TO authenticated;
