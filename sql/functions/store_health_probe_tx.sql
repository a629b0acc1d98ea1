CREATE OR REPLACE FUNCTION ops.store_health_probe_tx(p_checks jsonb)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE ops.health_probes SET checks = p_checks, checked_at = clock_timestamp();
  RETURN '{}';
END
$$;
COMMENT ON FUNCTION ops.store_health_probe_tx IS 'Keeps what a process found in its turn, for all the others.';
SELECT ops.publish_function('ops.store_health_probe_tx', 'app_service');
