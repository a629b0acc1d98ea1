CREATE OR REPLACE FUNCTION ops.parked_upload_json(p_upload ops.upload_reservations)
RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT jsonb_build_object(
    'id', p_upload.id,
    'family_id', p_upload.family_id,
    'size_bytes', p_upload.size_bytes,
    'duration_seconds', p_upload.duration_seconds,
    'content_type', p_upload.content_type,
    'created_by', p_upload.user_id,
    'created_at', p_upload.created_at,
    'stored_at', p_upload.parked_object ->> 'stored_at',
    'decide_until', p_upload.watch_until)
$$;
COMMENT ON FUNCTION ops.parked_upload_json IS 'A parked upload as the API returns it.';
SELECT ops.publish_function('ops.parked_upload_json');
