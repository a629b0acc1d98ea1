CREATE OR REPLACE FUNCTION ops.alert_uncopied_tx(p_configured boolean DEFAULT true)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_late bigint;
BEGIN
  SELECT count(*) INTO v_late FROM public.recordings
  WHERE copied_at IS NULL AND purging_at IS NULL AND created_at < clock_timestamp() - interval '1 day';
  IF v_late > 0 THEN
    PERFORM ops.note_alert('uncopied', 'critical', 'Recordings without a second copy for more than a day.');
  END IF;
  IF NOT p_configured THEN
    PERFORM ops.note_alert('no-second-bucket', 'critical', 'BACKUP_* is missing or wrong: no recording gets a second copy.');
  END IF;
  RETURN jsonb_build_object('late', v_late);
END
$$;
COMMENT ON FUNCTION ops.alert_uncopied_tx IS
  'Alerts where a recording has had no second copy for a day, and where there is no bucket for one. Returns how many such recordings there are.';
SELECT ops.publish_function('ops.alert_uncopied_tx', 'app_service');
