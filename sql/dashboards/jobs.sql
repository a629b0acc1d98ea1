-- Jobs of the last day by kind: done, failed attempts and their share, dead, how long the work took and the request waited.

SELECT
  times.kind, times.done, times.failed_attempts,
  round(100.0 * times.failed_attempts / greatest(1, times.failed_attempts + times.done), 1) AS failed_per_cent,
  (SELECT count(*) FROM ops.dead_jobs WHERE dead_jobs.kind = times.kind AND died_at > now() - interval '1 day') AS dead,
  times.took_p50_ms, times.took_p95_ms, times.waited_p50_ms, times.waited_p95_ms
FROM ops.job_times(now() - interval '1 day') AS times
WHERE times.kind IS NOT NULL
ORDER BY times.failed_attempts DESC, times.kind;
