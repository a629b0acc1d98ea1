CREATE OR REPLACE FUNCTION ops.recordings_by_key(p_after text, p_limit integer, p_up_to text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_recordings jsonb;
BEGIN
  SELECT jsonb_agg(to_jsonb(page) ORDER BY page.object_key COLLATE "C") INTO v_recordings
  FROM (
    SELECT id, family_id, object_key, waveform_key, waveform_size_bytes, size_bytes, etag
    FROM public.recordings
    WHERE object_key COLLATE "C" > p_after AND (p_up_to IS NULL OR object_key COLLATE "C" <= p_up_to)
    ORDER BY object_key COLLATE "C"
    LIMIT p_limit
  ) AS page;
  RETURN jsonb_build_object('recordings', coalesce(v_recordings, '[]'));
END
$$;
COMMENT ON FUNCTION ops.recordings_by_key IS
  'A page of all recordings, or of those up to the key p_up_to, in the order in which a bucket lists their objects: byte by byte, whatever the locale of the database.';
SELECT ops.publish_function('ops.recordings_by_key', 'app_service');
