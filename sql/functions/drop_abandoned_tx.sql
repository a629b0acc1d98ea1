CREATE OR REPLACE FUNCTION ops.drop_abandoned_tx(p_recording_id uuid)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  DELETE FROM ops.upload_reservations
  WHERE id = p_recording_id
    AND state IN ('abandoned', 'parked')
    AND watch_until <= clock_timestamp()
    AND ops.deleting_is_armed();
  RETURN jsonb_build_object('dropped', FOUND);
END
$$;
COMMENT ON FUNCTION ops.drop_abandoned_tx IS
  'Removes the row of an abandoned upload, after its objects: as long as the row exists, clean-up tries to delete them.';
SELECT ops.publish_function('ops.drop_abandoned_tx', 'app_service');
