CREATE OR REPLACE FUNCTION ops.note_alert(
  p_fingerprint text,
  p_severity text,
  p_message text,
  p_id text DEFAULT NULL,
  p_occurrences integer DEFAULT 1
)
RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
  INSERT INTO ops.alert_digest AS digest (fingerprint, severity, message, occurrences, last_request_id)
  VALUES (p_fingerprint, p_severity, p_message, p_occurrences, coalesce(p_id, ops.own_id()))
  ON CONFLICT (fingerprint, day) DO UPDATE SET
    occurrences = digest.occurrences + excluded.occurrences,
    message = excluded.message,
    last_request_id = coalesce(excluded.last_request_id, digest.last_request_id),
    last_seen_at = now(),
    -- The operator read that it was over, and it is not: it is mailed anew.
    sent_at = CASE WHEN digest.recovered_at IS NULL THEN digest.sent_at END,
    mailed_occurrences = CASE WHEN digest.recovered_at IS NULL THEN digest.mailed_occurrences ELSE 0 END,
    recovered_at = NULL
$$;
COMMENT ON FUNCTION ops.note_alert IS
  'Adds to the operator''s digest: one row for a fingerprint and UTC day, with a count. The message holds no id, address or name. p_id: where the alert is about a job, or another request than the present one; never an id that a caller chose.';
SELECT ops.publish_function('ops.note_alert');
