CREATE OR REPLACE FUNCTION ops.status_overview()
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_now timestamptz := clock_timestamp();
BEGIN
  RETURN jsonb_build_object(
    'now', v_now,
    'postgres', current_setting('server_version'),
    'schedules', coalesce((
      SELECT jsonb_agg(to_jsonb(run) ORDER BY run.schedule)
      FROM (
        SELECT
          schedule,
          max(started_at) AS started_at,
          max(finished_at) AS finished_at,
          (array_agg(version ORDER BY started_at DESC))[1] AS version
        FROM ops.schedule_runs
        GROUP BY schedule
      ) AS run
    ), '[]'),
    'commands', coalesce((
      SELECT jsonb_agg(to_jsonb(run) - ARRAY['id', 'created_at', 'updated_at'] ORDER BY run.kind) FROM ops.maintenance_runs AS run
    ), '[]'),
    'alerts', coalesce((
      SELECT jsonb_agg(to_jsonb(alert) ORDER BY alert.recovered_at IS NOT NULL, alert.severity, alert.last_seen_at DESC)
      FROM (
        SELECT
          fingerprint, severity, message, occurrences, 0 AS mailed_occurrences, last_request_id,
          created_at AS first_seen_at, last_seen_at, recovered_at
        FROM ops.alert_digest
        WHERE last_seen_at > v_now - interval '1 day'
      ) AS alert
    ), '[]'),
    'audit', (
      SELECT to_jsonb(run) FROM ops.audit_runs AS run WHERE run.finished_at IS NOT NULL ORDER BY run.started_at DESC LIMIT 1
    ),
    'uncopied', (
      SELECT jsonb_build_object('recordings', count(*), 'oldest_at', min(created_at))
      FROM public.recordings WHERE copied_at IS NULL AND purging_at IS NULL
    ));
END
$$;
COMMENT ON FUNCTION ops.status_overview IS
  'What make status prints: each schedule''s last run and its version, the operator''s commands, the alerts of the last day, the last audit, recordings without a second copy.';
SELECT ops.publish_function('ops.status_overview', 'app_service');
