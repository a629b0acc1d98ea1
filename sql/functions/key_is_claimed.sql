CREATE OR REPLACE FUNCTION ops.key_is_claimed(p_key text)
RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN EXISTS (SELECT FROM public.recordings WHERE object_key = p_key)
    OR EXISTS (SELECT FROM public.recordings WHERE waveform_key = p_key)
    OR EXISTS (SELECT FROM ops.upload_reservations WHERE object_key = p_key)
    OR EXISTS (SELECT FROM ops.upload_reservations WHERE waveform_key = p_key)
    OR EXISTS (SELECT FROM ops.stray_waveforms WHERE waveform_key = p_key);
END
$$;
COMMENT ON FUNCTION ops.key_is_claimed IS
  'Whether a recording or an upload, in whatever state, has this key for its audio or its waveform, or a stray waveform has it. False for null.';
SELECT ops.publish_function('ops.key_is_claimed');
