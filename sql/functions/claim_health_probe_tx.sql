CREATE OR REPLACE FUNCTION ops.claim_health_probe_tx(p_seconds integer)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_probe ops.health_probes;
  v_claimed boolean;
BEGIN
  -- One statement decides, so that of many processes that ask together one gets the turn. A process that died with the
  -- turn holds it for p_seconds.
  UPDATE ops.health_probes SET claimed_at = clock_timestamp()
  WHERE greatest(checked_at, claimed_at) <= clock_timestamp() - make_interval(secs => p_seconds);
  v_claimed := FOUND;
  SELECT * INTO v_probe FROM ops.health_probes;
  RETURN jsonb_build_object(
    'claimed', v_claimed,
    'checks', v_probe.checks,
    'age', CASE WHEN isfinite(v_probe.checked_at) THEN extract(epoch FROM clock_timestamp() - v_probe.checked_at) END);
END
$$;
COMMENT ON FUNCTION ops.claim_health_probe_tx IS
  'Takes the turn to check the stage''s health, which one process has in p_seconds. Returns claimed, and the last checks with their age in seconds, null where there are none.';
SELECT ops.publish_function('ops.claim_health_probe_tx', 'app_service');
