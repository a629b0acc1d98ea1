CREATE OR REPLACE FUNCTION ops.arm_deleting_tx(p_armed boolean, p_by text DEFAULT 'unknown', p_why text DEFAULT 'not said')
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE ops.feature_flags SET enabled = p_armed, bound_to = ops.database_identity() WHERE name = 'deleting_armed';
  INSERT INTO ops.flag_changes (name, source, enabled, changed_by, why) VALUES ('deleting_armed', 'operator', p_armed, p_by, p_why);
  RETURN jsonb_build_object('armed', ops.deleting_is_armed());
END
$$;
COMMENT ON FUNCTION ops.arm_deleting_tx IS
  'Sets whether the schedules may delete objects. The operator arms deleting after checking that this database and its bucket belong together.';
SELECT ops.publish_function('ops.arm_deleting_tx', 'app_service');
