CREATE OR REPLACE FUNCTION ops.note_alert_tx(p_fingerprint text, p_severity text, p_message text)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM ops.note_alert(p_fingerprint, p_severity, p_message);
  RETURN '{}';
END
$$;
COMMENT ON FUNCTION ops.note_alert_tx IS 'Adds to the operator''s digest, for the application.';
SELECT ops.publish_function('ops.note_alert_tx', 'app_service');
