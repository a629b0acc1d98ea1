-- Waveforms are reserved, counted and announced only where one is there that was checked.

-- Tables ----------------------------------------------------------------------------------------

-- Recordings that exist already have a waveform that was never counted: it stays so, and their purge releases nothing for it.
ALTER TABLE public.recordings ADD COLUMN waveform_size_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE public.recordings ADD CONSTRAINT recordings_waveform_size_valid
  CHECK (waveform_size_bytes >= 0 AND (waveform_size_bytes = 0 OR waveform_key IS NOT NULL));
COMMENT ON COLUMN public.recordings.waveform_size_bytes IS
  'Bytes that are counted for the waveform: 0 where there is none, and where it was kept before waveforms were counted.';
COMMENT ON COLUMN public.recordings.has_waveform IS
  'Whether a waveform was there and in order when the recording was made: what a member may know of waveform_key.';

CREATE TABLE ops.stray_waveforms (
  id UUID NOT NULL DEFAULT gen_random_uuid(),
  recording_id UUID NOT NULL,
  family_id UUID NOT NULL,
  waveform_key TEXT NOT NULL,
  delete_after TIMESTAMPTZ NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT stray_waveforms_pkey PRIMARY KEY (id),
  CONSTRAINT stray_waveforms_recording_id_key UNIQUE (recording_id),
  CONSTRAINT stray_waveforms_waveform_key_key UNIQUE (waveform_key),
  CONSTRAINT stray_waveforms_family_fkey FOREIGN KEY (family_id) REFERENCES public.families (id) ON DELETE RESTRICT
);
COMMENT ON TABLE ops.stray_waveforms IS
  'Waveforms that were declared and did not become part of their recording: wrong, or not there yet. cleanup_media deletes the object, if any, then the row.';
COMMENT ON COLUMN ops.stray_waveforms.delete_after IS 'A day after the last moment at which the object could be uploaded.';

-- Indexes ---------------------------------------------------------------------------------------

CREATE INDEX idx_stray_waveforms_family ON ops.stray_waveforms (family_id);
CREATE INDEX idx_stray_waveforms_due ON ops.stray_waveforms (delete_after);

-- The sum of live reservations is answered from this index alone, waveforms included.
DROP INDEX ops.idx_upload_reservations_live;
CREATE INDEX idx_upload_reservations_live ON ops.upload_reservations (family_id, live_until)
  INCLUDE (size_bytes, waveform_size_bytes) WHERE state = 'pending';

-- Row-level security and grants -----------------------------------------------------------------

SELECT ops.publish_table('ops.stray_waveforms');

-- Functions -------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION rls.reserved_bytes_of(p_family_id uuid)
RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT coalesce(sum(size_bytes + coalesce(waveform_size_bytes, 0)), 0)::bigint
  FROM ops.upload_reservations
  WHERE family_id = p_family_id AND state = 'pending' AND live_until > clock_timestamp() AND rls.is_member_of(p_family_id)
$$;
