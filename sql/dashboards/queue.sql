-- The queue by kind of job: due, later, running, tried before, the age of the oldest, and how many are in dead_jobs.

SELECT
  kind,
  count(*) FILTER (WHERE lease_token IS NULL AND run_at <= now()) AS due,
  count(*) FILTER (WHERE lease_token IS NULL AND run_at > now()) AS later,
  count(*) FILTER (WHERE lease_token IS NOT NULL AND run_at > now()) AS running,
  count(*) FILTER (WHERE attempts > 0) AS tried_before,
  max(now() - created_at) AS oldest,
  (SELECT count(*) FROM ops.dead_jobs AS dead WHERE dead.kind = job.kind) AS dead
FROM ops.jobs AS job
GROUP BY kind
ORDER BY oldest DESC;
