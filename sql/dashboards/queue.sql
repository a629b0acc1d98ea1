-- The queue by kind of job: due, later, running, tried before, dead, paused, and the age of the oldest. Kinds that are only
-- dead or only paused too.

SELECT
  kind,
  coalesce(due, 0) AS due,
  coalesce(later, 0) AS later,
  coalesce(running, 0) AS running,
  coalesce(tried_before, 0) AS tried_before,
  oldest,
  coalesce(dead, 0) AS dead,
  last_died,
  paused IS NOT NULL AS paused
FROM (
  SELECT
    kind,
    count(*) FILTER (WHERE run_at <= now()) AS due,
    count(*) FILTER (WHERE lease_token IS NULL AND run_at > now()) AS later,
    count(*) FILTER (WHERE lease_token IS NOT NULL AND run_at > now()) AS running,
    count(*) FILTER (WHERE attempts > 0) AS tried_before,
    max(now() - created_at) AS oldest
  FROM ops.jobs
  GROUP BY kind
) AS waiting
FULL JOIN (
  SELECT kind, count(*) AS dead, max(died_at) AS last_died FROM ops.dead_jobs GROUP BY kind
) AS given_up USING (kind)
FULL JOIN unnest(ops.paused_kinds()) AS paused (kind) USING (kind)
ORDER BY dead DESC, oldest DESC NULLS LAST, kind;
