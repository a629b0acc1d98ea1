CREATE OR REPLACE FUNCTION ops.mark_alerts_sent_tx(p_alert_ids uuid[], p_occurrences integer[] DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  -- Locked by fingerprint, as note_findings_tx writes them: two transactions with another order could deadlock.
  PERFORM FROM ops.alert_digest WHERE id = ANY (p_alert_ids) ORDER BY fingerprint, day FOR NO KEY UPDATE;
  -- The count that the mail named, which may be less than the present one.
  UPDATE ops.alert_digest AS digest
  SET sent_at = clock_timestamp(), mailed_occurrences = coalesce(mailed.occurrences, digest.occurrences)
  FROM unnest(p_alert_ids, p_occurrences) AS mailed (id, occurrences)
  WHERE digest.id = mailed.id;
  RETURN '{}';
END
$$;
COMMENT ON FUNCTION ops.mark_alerts_sent_tx IS 'Notes that these alerts were mailed, each with its count in p_occurrences.';
SELECT ops.publish_function('ops.mark_alerts_sent_tx', 'app_service');
