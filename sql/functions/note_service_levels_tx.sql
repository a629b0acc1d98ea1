CREATE OR REPLACE FUNCTION ops.note_service_levels_tx()
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_level record;
  v_broken text[] := '{}';
BEGIN
  FOR v_level IN SELECT * FROM ops.service_levels() AS level WHERE NOT level.met ORDER BY level.name LOOP
    PERFORM ops.note_alert('service-level/' || v_level.name, 'error',
                           'A service level is broken: ' || v_level.objective || ', is above ' || v_level.limit_at || '.');
    v_broken := v_broken || v_level.name;
  END LOOP;
  RETURN jsonb_build_object('broken', v_broken);
END
$$;
COMMENT ON FUNCTION ops.note_service_levels_tx IS 'Alerts for each service level that is broken now. Returns their names.';
SELECT ops.publish_function('ops.note_service_levels_tx', 'app_service');
