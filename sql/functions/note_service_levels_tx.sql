CREATE OR REPLACE FUNCTION ops.note_service_levels_tx()
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_level record;
  v_late record;
  v_broken text[] := '{}';
BEGIN
  -- In the order of their fingerprints, as all rows of alert_digest are locked: schedule-late/ before service-level/.
  FOR v_late IN
    SELECT substr(checked.name, 10) AS schedule, checked.last_at
    FROM jsonb_to_recordset(ops.health() -> 'checks') AS checked (name text, status text, reason text, last_at timestamptz)
    WHERE checked.name LIKE 'schedule/%' AND checked.status <> 'pass' AND checked.reason IN ('late', 'never_ran')
    ORDER BY checked.name
  LOOP
    PERFORM ops.note_alert(
      'schedule-late/' || v_late.schedule, 'critical',
      'The schedule ' || v_late.schedule || CASE
        WHEN v_late.last_at IS NULL THEN ' has never run to its end.'
        ELSE ' has not run to its end since ' || to_char(v_late.last_at AT TIME ZONE 'utc', 'YYYY-MM-DD HH24:MI') || ' UTC.'
      END);
  END LOOP;
  FOR v_level IN SELECT * FROM ops.service_levels() AS level WHERE NOT level.met ORDER BY level.name LOOP
    PERFORM ops.note_alert('service-level/' || v_level.name, 'error',
                           'A service level is broken: ' || v_level.objective || ', is above ' || v_level.limit_at || '.');
    v_broken := v_broken || v_level.name;
  END LOOP;
  RETURN jsonb_build_object('broken', v_broken);
END
$$;
COMMENT ON FUNCTION ops.note_service_levels_tx IS
  'Alerts for each schedule that is late by ops.health, and for each service level that is broken now. Returns the names of these levels.';
SELECT ops.publish_function('ops.note_service_levels_tx', 'app_service');
