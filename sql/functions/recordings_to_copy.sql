CREATE OR REPLACE FUNCTION ops.recordings_to_copy(p_after_created_at timestamptz, p_after_id uuid, p_limit integer)
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_recordings jsonb;
BEGIN
  SELECT jsonb_agg(to_jsonb(page) ORDER BY page.created_at, page.id) INTO v_recordings
  FROM (
    SELECT id, family_id, object_key, size_bytes, etag, created_at
    FROM public.recordings
    WHERE copied_at IS NULL AND purging_at IS NULL
      AND (p_after_id IS NULL OR (created_at, id) > (p_after_created_at, p_after_id))
    ORDER BY created_at, id
    LIMIT p_limit
  ) AS page;
  RETURN jsonb_build_object('recordings', coalesce(v_recordings, '[]'));
END
$$;
COMMENT ON FUNCTION ops.recordings_to_copy IS
  'A page of the recordings without a second copy, oldest first. Those in the trash too: they may be restored.';
SELECT ops.publish_function('ops.recordings_to_copy', 'app_service');
