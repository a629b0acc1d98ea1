CREATE OR REPLACE FUNCTION ops.health()
RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  WITH
  paused AS (SELECT ops.paused_kinds() AS kinds),
  -- What never ran is as late as this check is old, so that a new stage has time for its first night.
  born AS (SELECT min(created_at) AS at FROM ops.health_probes),
  schedule AS (
    SELECT limits.name, substr(limits.name, 10) AS schedule FROM ops.health_limits() AS limits
    WHERE limits.name LIKE 'schedule/%'
  ),
  success AS (
    SELECT schedule.*, (
      SELECT max(run.started_at) FROM ops.schedule_runs AS run
      WHERE run.schedule = schedule.schedule AND run.finished_at IS NOT NULL
    ) AS last_at
    FROM schedule
  ),
  last_audit AS (
    SELECT * FROM ops.audit_runs WHERE finished_at IS NOT NULL ORDER BY started_at DESC LIMIT 1
  ),
  -- Without a row of last_audit or of last_drill all their columns are NULL.
  last AS (
    SELECT
      audit.finished_at AS audited_at, audit.missing, audit.differing + audit.drifted AS differing,
      (SELECT last_succeeded_at FROM ops.maintenance_runs WHERE kind = 'drill') AS drilled_at
    FROM born LEFT JOIN last_audit AS audit ON true
  ),
  measured (name, measure, value, reason, last_at) AS (
    -- A kind that the operator paused waits on purpose.
    SELECT 'queue', 'seconds', ops.seconds_since(min(run_at)), 'old', NULL::timestamptz
    FROM ops.jobs WHERE run_at <= now() AND kind <> ALL ((SELECT kinds FROM paused)::text[])
    UNION ALL
    -- Counted no further than where it fails: the queue may hold a million.
    SELECT 'queue', 'count', count(*), 'many', NULL
    FROM (SELECT FROM ops.jobs WHERE run_at <= now() AND kind <> ALL ((SELECT kinds FROM paused)::text[]) LIMIT 10000) AS due
    UNION ALL
    SELECT 'dead_jobs', 'count', count(*), 'dead', max(died_at) FROM ops.dead_jobs
    UNION ALL
    -- Half an hour, so that what runs every quarter of one and still fails is still seen.
    SELECT 'alarms', 'critical', count(*), 'alarmed', max(last_seen_at)
    FROM ops.alert_digest
    WHERE severity = 'critical' AND recovered_at IS NULL AND last_seen_at > now() - interval '30 minutes'
    UNION ALL
    SELECT 'copies', 'seconds', ops.seconds_since(min(created_at)), 'late', NULL
    FROM public.recordings WHERE copied_at IS NULL AND purging_at IS NULL
    UNION ALL
    SELECT 'audit', 'seconds', ops.seconds_since(coalesce(audited_at, born.at)),
           CASE WHEN audited_at IS NULL THEN 'never_ran' ELSE 'late' END, audited_at
    FROM last, born
    UNION ALL
    SELECT 'audit', 'missing', coalesce(missing, 0), 'missing', NULL FROM last
    UNION ALL
    SELECT 'audit', 'differing', coalesce(differing, 0), 'differing', NULL FROM last
    UNION ALL
    SELECT 'drill', 'seconds', ops.seconds_since(coalesce(drilled_at, born.at)),
           CASE WHEN drilled_at IS NULL THEN 'never_ran' ELSE 'late' END, drilled_at
    FROM last, born
    UNION ALL
    SELECT 'deleting', 'disarmed', (NOT ops.deleting_is_armed())::integer, 'disarmed', NULL
    UNION ALL
    SELECT success.name, 'seconds', ops.seconds_since(coalesce(last_at, born.at)),
           CASE WHEN last_at IS NULL THEN 'never_ran' ELSE 'late' END, last_at
    FROM success, born
    UNION ALL
    SELECT success.name, 'failures', count(run.id), 'failing', NULL
    FROM success LEFT JOIN ops.schedule_runs AS run
      ON run.schedule = success.schedule AND run.finished_at IS NULL AND run.started_at > coalesce(last_at, '-infinity')
      -- No function lives longer: what has not ended by then was cut off or failed.
      AND run.started_at < now() - interval '15 minutes'
    GROUP BY success.name
  ),
  judged AS (
    SELECT measured.*, CASE WHEN value >= fail_at THEN 2 WHEN value >= warn_at THEN 1 ELSE 0 END AS badness
    FROM measured LEFT JOIN ops.health_limits() AS limits
      ON limits.measure = measured.measure
      AND limits.name = CASE measured.measure WHEN 'failures' THEN 'schedule' ELSE measured.name END
  ),
  checked AS (
    SELECT
      name,
      (ARRAY['pass', 'warn', 'fail'])[1 + max(badness)] AS status,
      (array_agg(reason ORDER BY badness DESC, measure) FILTER (WHERE badness > 0))[1] AS reason,
      jsonb_object_agg(measure, coalesce(value, 0)) AS measures,
      max(last_at) AS last_at
    FROM judged
    GROUP BY name
  )
  SELECT jsonb_build_object('checks', jsonb_agg(to_jsonb(checked) ORDER BY name)) FROM checked
$$;
COMMENT ON FUNCTION ops.health IS
  'What the database knows about the stage''s health: a list of {name, status (pass, warn, fail), reason, measures, last_at}, judged by ops.health_limits. Codes and numbers only.';
SELECT ops.publish_function('ops.health', 'app_service');
