CREATE OR REPLACE VIEW wire.recordings WITH (security_invoker = true) AS
SELECT
  id, family_id, prompt_id, title, size_bytes, duration_seconds, content_type, recorded_at, created_by, created_at, deleted_at, rescued,
  CASE WHEN deleted_at IS NOT NULL THEN
    greatest(0, ceil(extract(epoch FROM deleted_at + interval '30 days' - now()) / 86400))::integer
  END AS days_left
FROM public.recordings;
