CREATE OR REPLACE FUNCTION ops.note_copied_tx(p_recording_id uuid, p_etag text)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE public.recordings SET copied_at = clock_timestamp() WHERE id = p_recording_id AND etag = p_etag;
  RETURN jsonb_build_object('noted', FOUND);
END
$$;
COMMENT ON FUNCTION ops.note_copied_tx IS
  'Notes that a recording has an equal second copy, by the ETag that was compared.';
SELECT ops.publish_function('ops.note_copied_tx', 'app_service');
