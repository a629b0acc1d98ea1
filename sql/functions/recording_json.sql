CREATE OR REPLACE FUNCTION ops.recording_json(p_recording_id uuid)
RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT to_jsonb(recording) FROM wire.recordings AS recording WHERE id = p_recording_id
$$;
COMMENT ON FUNCTION ops.recording_json IS 'A recording as the API returns it, for the functions of app_owner.';
SELECT ops.publish_function('ops.recording_json');
