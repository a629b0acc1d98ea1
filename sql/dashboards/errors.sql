-- Errors and alarms by UTC day and fingerprint, the last 14 days: how often, from when to when, and whether they were mailed.

SELECT
  day, severity, fingerprint, occurrences, created_at AS first_seen, last_seen_at AS last_seen, sent_at AS mailed, last_request_id
FROM ops.alert_digest
WHERE day > (now() AT TIME ZONE 'utc')::date - 14
ORDER BY day DESC, severity, occurrences DESC, fingerprint;
