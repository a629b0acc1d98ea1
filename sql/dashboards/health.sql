-- What an operator checks first: late schedules, the last audit, alerts, anomalies, whether deleting is armed.

SELECT 'last run of ' || schedule AS fact, max(started_at)::text AS value FROM ops.schedule_runs GROUP BY schedule
UNION ALL
SELECT 'runs that never finished, last day', count(*)::text
FROM ops.schedule_runs
WHERE finished_at IS NULL AND started_at BETWEEN now() - interval '1 day' AND now() - interval '20 minutes'
UNION ALL
(SELECT 'last audit: missing, differing, orphaned, drifted', concat_ws(', ', missing, differing, orphaned, drifted)
 FROM ops.audit_runs WHERE finished_at IS NOT NULL ORDER BY started_at DESC LIMIT 1)
UNION ALL
SELECT 'alerts today: ' || severity, sum(occurrences)::text
FROM ops.alert_digest WHERE day = (now() AT TIME ZONE 'utc')::date GROUP BY severity
UNION ALL
SELECT 'anomalies, last day: ' || kind, count(*)::text FROM ops.anomalies WHERE created_at > now() - interval '1 day' GROUP BY kind
UNION ALL
SELECT 'deleting is armed', ops.deleting_is_armed()::text
UNION ALL
-- While a transaction stays open, VACUUM removes no row that it could still see, and claims of jobs become many times slower.
SELECT 'oldest open transaction', coalesce(max(now() - xact_start)::text, 'none')
FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
ORDER BY fact;
