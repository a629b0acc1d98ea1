-- Schedules: every one of app.py, also those that never ran, the worst first.

SELECT
  checked.status, substr(checked.name, 10) AS schedule, checked.reason, checked.last_at AS last_success,
  make_interval(secs => (checked.measures ->> 'seconds')::bigint) AS ago,
  (checked.measures ->> 'failures')::bigint AS failed_since,
  (SELECT max(run.started_at) FROM ops.schedule_runs AS run WHERE run.schedule = substr(checked.name, 10)) AS last_start
FROM jsonb_to_recordset(ops.health() -> 'checks')
  AS checked (status text, name text, reason text, measures jsonb, last_at timestamptz)
WHERE checked.name LIKE 'schedule/%'
ORDER BY array_position(ARRAY['fail', 'warn', 'pass'], checked.status), checked.name;
