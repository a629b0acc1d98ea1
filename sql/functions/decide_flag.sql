CREATE OR REPLACE FUNCTION ops.decide_flag(p_name text, p_family_id uuid, OUT is_on boolean, OUT decided_by text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT
    -- The bucket of a family, 0 to 99, is another one for each flag and never changes: a larger share takes none away. By md5,
    -- which is the same on every release of Postgres.
    said.enabled AND ('x' || substr(md5(p_name || '/' || coalesce(p_family_id::text, '')), 1, 7))::bit(28)::integer % 100 < said.share,
    said.layer
  FROM (
    SELECT
      flag.enabled,
      flag.share,
      CASE WHEN flag.family_id IS NOT NULL THEN 'family' WHEN flag.source = 'operator' THEN 'stage' ELSE 'posthog' END AS layer,
      CASE WHEN flag.family_id IS NOT NULL THEN 1 WHEN flag.source = 'operator' THEN 2 ELSE 3 END AS rank
    FROM ops.feature_flags AS flag
    WHERE flag.name = p_name
      AND (flag.family_id IS NULL OR flag.family_id = p_family_id)
      AND (flag.until_at IS NULL OR flag.until_at > clock_timestamp())
    UNION ALL
    -- A switch is on and a feature is off until somebody says otherwise.
    SELECT p_name IN ('uploads', 'writes') OR p_name LIKE 'job:%', 100, 'default', 4
  ) AS said
  ORDER BY said.rank
  LIMIT 1
$$;
COMMENT ON FUNCTION ops.decide_flag IS
  'Whether a flag is on for a family, and which layer decided: family, stage, posthog, default; the first that says anything. Null for a family: for all. Every decision is made here.';
SELECT ops.publish_function('ops.decide_flag');
