-- Reservations keep the keys of their objects. Python makes a key once, when an upload is reserved; SQL copies and compares
-- keys, and does not know their form.

-- Tables ----------------------------------------------------------------------------------------

ALTER TABLE ops.upload_reservations ADD COLUMN object_key TEXT, ADD COLUMN waveform_key TEXT;

-- The one place in SQL that writes a key: uploads that are under way get the keys that their URLs were signed for.
-- Without the trigger, for updated_at says when settle_uploads last looked at an upload.
ALTER TABLE ops.upload_reservations DISABLE TRIGGER set_updated_at;
UPDATE ops.upload_reservations
SET object_key = 'families/' || family_id || '/recordings/' || id || '.audio.m4a',
    waveform_key = CASE WHEN waveform_size_bytes IS NOT NULL
      THEN 'families/' || family_id || '/recordings/' || id || '.waveform.json' END;
ALTER TABLE ops.upload_reservations ENABLE TRIGGER set_updated_at;

ALTER TABLE ops.upload_reservations ALTER COLUMN object_key SET NOT NULL;
ALTER TABLE ops.upload_reservations ADD CONSTRAINT upload_reservations_object_key_key UNIQUE (object_key);
COMMENT ON COLUMN ops.upload_reservations.object_key IS 'The key the audio is uploaded to; finalizing copies it to the recording.';
COMMENT ON COLUMN ops.upload_reservations.waveform_key IS 'The key the waveform is uploaded to, null where none was announced.';

-- Indexes ---------------------------------------------------------------------------------------

CREATE UNIQUE INDEX idx_upload_reservations_waveform_key ON ops.upload_reservations (waveform_key) WHERE waveform_key IS NOT NULL;
CREATE UNIQUE INDEX idx_recordings_waveform_key ON public.recordings (waveform_key) WHERE waveform_key IS NOT NULL;

-- Functions -------------------------------------------------------------------------------------

-- They take the keys as parameters now: their files make them anew right after the migrations.
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
