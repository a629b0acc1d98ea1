CREATE OR REPLACE FUNCTION ops.check_abandoned(p_recording_id uuid)
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_keys text[];
BEGIN
  SELECT array_remove(ARRAY[reservation.object_key, reservation.waveform_key], NULL) INTO v_keys
  FROM ops.upload_reservations AS reservation
  WHERE reservation.id = p_recording_id
    AND reservation.state IN ('abandoned', 'parked')
    AND reservation.watch_until <= clock_timestamp()
    AND ops.deleting_is_armed()
    -- No function makes a recording of an abandoned upload. If there is one all the same, its object must stay.
    AND NOT EXISTS (
      SELECT FROM public.recordings
      WHERE id = reservation.id OR object_key = reservation.object_key
    );
  RETURN jsonb_build_object('keys', coalesce(to_jsonb(v_keys), '[]'));
END
$$;
COMMENT ON FUNCTION ops.check_abandoned IS
  'The keys of an abandoned upload, asked right before their objects are deleted. No keys where a recording has them, the upload is still watched, or deleting is disarmed.';
SELECT ops.publish_function('ops.check_abandoned', 'app_service');
