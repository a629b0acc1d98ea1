CREATE OR REPLACE FUNCTION ops.alerts_to_send(p_all boolean, p_limit integer)
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_today date := (clock_timestamp() AT TIME ZONE 'utc')::date;
  v_alerts jsonb;
BEGIN
  SELECT jsonb_agg(to_jsonb(due) ORDER BY due.severity, due.day, due.fingerprint) INTO v_alerts
  FROM (
    SELECT
      id, fingerprint, day, severity, message, occurrences, mailed_occurrences, last_request_id,
      created_at AS first_seen_at, last_seen_at
    FROM ops.alert_digest
    -- Critical alerts cannot wait. The others are mailed when their day is over, with the final count.
    WHERE (p_all OR severity = 'critical' OR day < v_today)
      AND (sent_at IS NULL OR occurrences >= 10 * mailed_occurrences)
    ORDER BY severity, day, fingerprint
    LIMIT p_limit
  ) AS due;
  RETURN jsonb_build_object('alerts', coalesce(v_alerts, '[]'));
END
$$;
COMMENT ON FUNCTION ops.alerts_to_send IS
  'Alerts that were not mailed yet, or have grown tenfold since: critical ones at once, the others when their UTC day is over. p_all: those of today too.';
SELECT ops.publish_function('ops.alerts_to_send', 'app_service');
