-- Undoes 20261121120100_object_keys.sql. The keys of reservations are given up; the older functions make them from the ids.

DROP INDEX public.idx_recordings_waveform_key;
DROP INDEX ops.idx_upload_reservations_waveform_key;
ALTER TABLE ops.upload_reservations DROP COLUMN object_key, DROP COLUMN waveform_key;

DO $$
DECLARE
  v_function regprocedure;
BEGIN
  FOR v_function IN
    SELECT oid FROM pg_catalog.pg_proc
    WHERE pronamespace = 'ops'::regnamespace AND proname IN ('adopt_object_tx', 'get_signed_upload_url_tx')
  LOOP
    EXECUTE format('DROP FUNCTION %s', v_function);
  END LOOP;
END
$$;
