CREATE OR REPLACE FUNCTION ops.job_times(p_since timestamptz)
RETURNS TABLE (
  kind text, done bigint, failed_attempts bigint,
  took_p50_ms bigint, took_p95_ms bigint, waited_p50_ms bigint, waited_p95_ms bigint
)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  WITH bucketed AS (
    -- All kinds together have the kind NULL.
    SELECT measure, subject AS kind, bucket, sum(amount) AS amount
    FROM ops.tallies
    WHERE measure LIKE 'job\_%' AND hour >= date_trunc('hour', p_since, 'UTC')
    GROUP BY GROUPING SETS ((measure, subject, bucket), (measure, bucket))
  ),
  ranked AS (
    SELECT bucketed.*,
           sum(amount) OVER (PARTITION BY measure, kind ORDER BY bucket) AS up_to_here,
           sum(amount) OVER (PARTITION BY measure, kind) AS total
    FROM bucketed
  ),
  -- The first bucket that has this share of the jobs behind it: right within 10 %.
  measured AS (
    SELECT measure, kind, max(total) AS total,
           round(2 ^ (min(bucket) FILTER (WHERE up_to_here >= 0.50 * total) / 4.0))::bigint AS p50_ms,
           round(2 ^ (min(bucket) FILTER (WHERE up_to_here >= 0.95 * total) / 4.0))::bigint AS p95_ms
    FROM ranked
    GROUP BY measure, kind
  )
  SELECT
    kind,
    coalesce(max(total) FILTER (WHERE measure = 'job_waited'), 0)::bigint,
    coalesce(max(total) FILTER (WHERE measure = 'job_failed'), 0)::bigint,
    max(p50_ms) FILTER (WHERE measure = 'job_took'), max(p95_ms) FILTER (WHERE measure = 'job_took'),
    max(p50_ms) FILTER (WHERE measure = 'job_waited'), max(p95_ms) FILTER (WHERE measure = 'job_waited')
  FROM measured
  GROUP BY kind
$$;
COMMENT ON FUNCTION ops.job_times IS
  'By kind of job, and with kind NULL for all together, from the hour of p_since: done jobs, failed attempts, how long the work took, and how long after its request it was done (p50 and p95, in milliseconds).';
SELECT ops.publish_function('ops.job_times');
