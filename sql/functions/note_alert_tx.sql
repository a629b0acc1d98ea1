CREATE OR REPLACE FUNCTION ops.note_alert_tx(p_fingerprint text, p_severity text, p_message text, p_request_id text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM ops.note_alert(p_fingerprint, p_severity, p_message, p_request_id);
  RETURN '{}';
END
$$;
COMMENT ON FUNCTION ops.note_alert_tx(text, text, text, text) IS 'The service''s way to the operator''s digest.';
SELECT ops.publish_function('ops.note_alert_tx', 'app_service');
