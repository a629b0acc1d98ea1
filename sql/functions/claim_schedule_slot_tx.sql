CREATE OR REPLACE FUNCTION ops.claim_schedule_slot_tx(p_schedule text, p_seconds integer, p_version text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  -- By the clock of the database, so that two workers whose own clocks differ mean the same slot.
  v_slot timestamptz := to_timestamp(floor(extract(epoch FROM clock_timestamp()) / p_seconds) * p_seconds);
  v_run_id uuid;
BEGIN
  INSERT INTO ops.schedule_runs (schedule, slot, version) VALUES (p_schedule, v_slot, p_version)
  ON CONFLICT (schedule, slot) DO NOTHING
  RETURNING id INTO v_run_id;
  RETURN jsonb_build_object('run_id', v_run_id, 'slot', v_slot);
END
$$;
COMMENT ON FUNCTION ops.claim_schedule_slot_tx IS
  'Claims the current slot of a schedule, p_seconds long. run_id is null where another worker has claimed it, so a schedule that is triggered twice runs once.';
SELECT ops.publish_function('ops.claim_schedule_slot_tx', 'app_service');
