CREATE OR REPLACE FUNCTION ops.service_levels()
RETURNS TABLE (name text, objective text, value numeric, limit_at numeric, met boolean)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  WITH
  paused AS (SELECT ops.paused_kinds() AS kinds),
  jobs AS (SELECT * FROM ops.job_times(now() - interval '1 hour') WHERE kind IS NULL),
  -- Uploads whose URL ended in the last day. Which of them did the app not finish by itself?
  uploads AS (
    SELECT count(*) AS begun, count(*) FILTER (WHERE failed) AS failed
    FROM (
      SELECT rescued AS failed FROM public.recordings WHERE created_at > now() - interval '1 day'
      UNION ALL
      SELECT true FROM ops.upload_reservations
      WHERE url_expires_at BETWEEN now() - interval '1 day' AND now()
    ) AS upload
  ),
  level (name, objective, value, limit_at) AS (
    -- A few slow jobs are no measure: below 20 there is no value.
    SELECT 'job-time', 'p95 of the work of a job in the last hour, seconds',
           (SELECT round(took_p95_ms / 1000.0, 1) FROM jobs WHERE done >= 20), 60
    UNION ALL
    SELECT 'queue-age', 'longest that a job is due now, seconds',
           (SELECT coalesce(ops.seconds_since(min(run_at)), 0) FROM ops.jobs
            WHERE run_at <= now() AND kind <> ALL ((SELECT kinds FROM paused)::text[])), 300
    UNION ALL
    SELECT 'retries-exhausted', 'jobs that used up their attempts in the last hour',
           (SELECT count(*) FROM ops.dead_jobs WHERE died_at > now() - interval '1 hour' AND attempts >= max_attempts), 0
    UNION ALL
    SELECT 'dead-jobs-growth', 'jobs that died in the last day',
           (SELECT count(*) FROM ops.dead_jobs WHERE died_at > now() - interval '1 day'), 10
    UNION ALL
    SELECT 'upload-failures', 'uploads of the last day that the app did not finish, per cent',
           (SELECT round(100.0 * failed / begun, 1) FROM uploads WHERE begun >= 20), 10
  )
  SELECT name, objective, value, limit_at, value IS NULL OR value <= limit_at FROM level
$$;
COMMENT ON FUNCTION ops.service_levels IS
  'The service levels: what is promised, the present value, and the limit that it may reach. value NULL: too few happened to say.';
SELECT ops.publish_function('ops.service_levels');
