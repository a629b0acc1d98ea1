CREATE OR REPLACE FUNCTION ops.alerts_recovered(p_limit integer)
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  c_quiet constant interval := '3 hours';
  v_now timestamptz := clock_timestamp();
  v_alerts jsonb;
BEGIN
  SELECT jsonb_agg(to_jsonb(quiet) ORDER BY quiet.fingerprint) INTO v_alerts
  FROM (
    SELECT
      fingerprint, max(message) AS message, sum(occurrences) AS occurrences, min(created_at) AS first_seen_at, max(last_seen_at) AS last_seen_at,
      jsonb_agg(id) AS ids
    FROM ops.alert_digest
    WHERE sent_at IS NOT NULL AND recovered_at IS NULL
      -- These occur again and again while the trouble lasts. Of any other kind silence says nothing: a dead job stays dead.
      AND split_part(fingerprint, '/', 1) IN (
        'internal-error', 'schedule-failed', 'vendor-unavailable', 'vendor-refuses-us', 'vendor-unreadable',
        'missing-configuration', 'webhook-unsigned', 'job-waits', 'job-failed', 'schedule-late', 'uncopied',
        'no-second-bucket', 'service-level')
    GROUP BY fingerprint
    HAVING max(last_seen_at) < v_now - c_quiet
      -- A schedule that runs at night is silent by day.
      AND (NOT starts_with(fingerprint, 'schedule-failed/') OR EXISTS (
        SELECT FROM ops.schedule_runs
        WHERE schedule = split_part(fingerprint, '/', 2) AND finished_at > max(alert_digest.last_seen_at)))
    ORDER BY fingerprint
    LIMIT p_limit
  ) AS quiet;
  RETURN jsonb_build_object('alerts', coalesce(v_alerts, '[]'));
END
$$;
COMMENT ON FUNCTION ops.alerts_recovered IS
  'Mailed alerts that did not occur for three hours, and that occur again and again while their trouble lasts. A failed schedule has moreover run to its end since.';
SELECT ops.publish_function('ops.alerts_recovered', 'app_service');
