CREATE OR REPLACE FUNCTION ops.note_alert(p_fingerprint text, p_severity text, p_message text, p_request_id text DEFAULT NULL)
RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
  INSERT INTO ops.alert_digest AS digest (fingerprint, severity, message, last_request_id)
  VALUES (p_fingerprint, p_severity, p_message, coalesce(p_request_id, ops.request_id()))
  ON CONFLICT (fingerprint, day) DO UPDATE SET
    occurrences = digest.occurrences + 1,
    last_request_id = coalesce(excluded.last_request_id, digest.last_request_id),
    last_seen_at = now()
$$;
COMMENT ON FUNCTION ops.note_alert IS
  'Adds to the operator''s digest: one row for a fingerprint and UTC day, with a count. The message holds no id, address or name. p_request_id: where the alert is about another request than the present one.';
SELECT ops.publish_function('ops.note_alert');
