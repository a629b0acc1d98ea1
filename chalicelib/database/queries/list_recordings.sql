-- A family's recordings or its trash, newest first; no row for whoever is no member.
SELECT jsonb_build_object('recordings', coalesce((
  SELECT jsonb_agg(to_jsonb(page) ORDER BY page.created_at DESC, page.id DESC)
  FROM (
    SELECT *
    FROM wire.recordings
    WHERE family_id = %(family_id)s::uuid
      AND (deleted_at IS NOT NULL) = %(trashed)s
      AND (%(prompt_id)s::uuid IS NULL OR prompt_id = %(prompt_id)s::uuid)
      AND (%(after_at)s::timestamptz IS NULL OR (created_at, id) < (%(after_at)s::timestamptz, %(after_id)s::uuid))
    ORDER BY created_at DESC, id DESC
    LIMIT %(limit)s + 1
  ) AS page
), '[]'))
FROM wire.members AS me
WHERE me.family_id = %(family_id)s::uuid AND me.user_id = %(user_id)s::uuid
