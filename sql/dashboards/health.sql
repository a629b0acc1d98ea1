-- Health: what needs somebody, the worst first. Every limit stands in sql/functions/health_limits.sql.

SELECT status, name, reason, measures, last_at
FROM (
  SELECT * FROM jsonb_to_recordset(ops.health() -> 'checks')
    AS checked (status text, name text, reason text, measures jsonb, last_at timestamptz)
  UNION ALL
  -- While a transaction stays open, VACUUM removes no row that it could still see, and claims of jobs become many times slower.
  SELECT CASE WHEN max(now() - xact_start) > interval '10 minutes' THEN 'warn' ELSE 'pass' END, 'open_transaction',
         CASE WHEN max(now() - xact_start) > interval '10 minutes' THEN 'old' END,
         jsonb_build_object('seconds', coalesce(extract(epoch FROM max(now() - xact_start))::bigint, 0)), min(xact_start)
  FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
) AS checked
ORDER BY array_position(ARRAY['fail', 'warn', 'pass'], status), name;
