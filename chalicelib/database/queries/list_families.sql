-- The caller's families, the one they joined first leading: it is the active one.
SELECT jsonb_build_object('families', coalesce((
  SELECT jsonb_agg(to_jsonb(page) ORDER BY page.joined_at, page.id)
  FROM (
    SELECT *
    FROM wire.families
    WHERE %(after_at)s::timestamptz IS NULL OR (joined_at, id) > (%(after_at)s::timestamptz, %(after_id)s::uuid)
    ORDER BY joined_at, id
    LIMIT %(limit)s + 1
  ) AS page
), '[]'))
