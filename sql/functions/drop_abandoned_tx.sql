CREATE OR REPLACE FUNCTION ops.drop_abandoned_tx(p_recording_id uuid)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_begun_at timestamptz;
BEGIN
  DELETE FROM ops.upload_reservations
  WHERE id = p_recording_id
    AND state IN ('abandoned', 'parked')
    AND watch_until <= clock_timestamp()
    AND ops.deleting_is_armed()
  RETURNING created_at INTO v_begun_at;
  IF NOT FOUND THEN
    RETURN '{"dropped": false}';
  END IF;
  -- Counted in the hour in which the upload began, like an upload that was finished.
  INSERT INTO ops.tallies AS tally (measure, hour, amount)
  VALUES ('upload_abandoned', date_trunc('hour', v_begun_at, 'UTC'), 1)
  ON CONFLICT (measure, subject, hour, bucket) DO UPDATE SET amount = tally.amount + 1;
  RETURN '{"dropped": true}';
END
$$;
COMMENT ON FUNCTION ops.drop_abandoned_tx IS
  'Removes the row of an abandoned upload, after its objects: as long as the row exists, clean-up tries to delete them.';
SELECT ops.publish_function('ops.drop_abandoned_tx', 'app_service');
