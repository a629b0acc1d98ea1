-- days_left by the clock and not by the transaction's start, which is before the deletion that the same transaction made:
-- a recording just deleted had 31 days.

CREATE OR REPLACE VIEW wire.recordings WITH (security_invoker = true) AS
SELECT
  id, family_id, prompt_id, title, size_bytes, duration_seconds, content_type, recorded_at, created_by, created_at, deleted_at, rescued,
  CASE WHEN deleted_at IS NOT NULL THEN
    greatest(0, ceil(extract(epoch FROM deleted_at + interval '30 days' - clock_timestamp()) / 86400))::integer
  END AS days_left
FROM public.recordings;
