CREATE OR REPLACE FUNCTION ops.finish_purge_tx(p_recording_id uuid)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_family_id uuid;
  v_counted_bytes bigint;
BEGIN
  SELECT family_id INTO v_family_id FROM public.recordings WHERE id = p_recording_id;
  PERFORM ops.lock_family_storage(v_family_id);
  DELETE FROM public.recordings WHERE id = p_recording_id AND purging_at IS NOT NULL
  RETURNING size_bytes + waveform_size_bytes INTO v_counted_bytes;
  IF NOT FOUND THEN
    RETURN '{"purged": false}';
  END IF;
  PERFORM ops.update_storage_quota(v_family_id, -v_counted_bytes, 'purge', p_recording_id);
  RETURN '{"purged": true}';
END
$$;
COMMENT ON FUNCTION ops.finish_purge_tx IS
  'Last step of a purge, after the objects are deleted: deletes the row and releases its bytes, in one transaction.';
SELECT ops.publish_function('ops.finish_purge_tx', 'app_service');
