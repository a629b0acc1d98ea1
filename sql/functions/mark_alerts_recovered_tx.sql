CREATE OR REPLACE FUNCTION ops.mark_alerts_recovered_tx(p_alert_ids uuid[])
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  -- Locked by fingerprint, as note_findings_tx writes them: two transactions with another order could deadlock.
  PERFORM FROM ops.alert_digest WHERE id = ANY (p_alert_ids) ORDER BY fingerprint, day FOR NO KEY UPDATE;
  UPDATE ops.alert_digest SET recovered_at = clock_timestamp() WHERE id = ANY (p_alert_ids) AND recovered_at IS NULL;
  RETURN '{}';
END
$$;
COMMENT ON FUNCTION ops.mark_alerts_recovered_tx IS
  'Notes that these alerts were mailed as over. One that occurs again is mailed anew.';
SELECT ops.publish_function('ops.mark_alerts_recovered_tx', 'app_service');
