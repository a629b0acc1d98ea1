-- days_left is 30 at most. The transaction that deletes began before the deletion it stamps, and answered 31.
-- Not by clock_timestamp(): a volatile column keeps the planner from looking through the view, and every page was then
-- sorted out of the family's whole list.

CREATE OR REPLACE VIEW wire.recordings WITH (security_invoker = true) AS
SELECT
  id, family_id, prompt_id, title, size_bytes, duration_seconds, content_type, recorded_at, created_by, created_at, deleted_at, rescued,
  CASE WHEN deleted_at IS NOT NULL THEN
    least(30, greatest(0, ceil(extract(epoch FROM deleted_at + interval '30 days' - now()) / 86400)))::integer
  END AS days_left
FROM public.recordings;
