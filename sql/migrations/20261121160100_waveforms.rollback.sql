-- Undoes 20261121160100_waveforms.sql. Refused where a waveform is counted already: nobody could say any more how many of a
-- family's used bytes are waveforms. The application of the release before runs with this schema as it is. Waveforms that
-- were to be deleted become objects without a row, which `make orphans` lists.

DO $$
BEGIN
  IF EXISTS (SELECT FROM public.recordings WHERE waveform_size_bytes > 0) THEN
    RAISE EXCEPTION 'recordings have counted waveforms: keep this migration, and roll back the application alone';
  END IF;
END
$$;

CREATE OR REPLACE FUNCTION rls.reserved_bytes_of(p_family_id uuid)
RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT coalesce(sum(size_bytes), 0)::bigint
  FROM ops.upload_reservations
  WHERE family_id = p_family_id AND state = 'pending' AND live_until > clock_timestamp() AND rls.is_member_of(p_family_id)
$$;

DROP INDEX ops.idx_upload_reservations_live;
CREATE INDEX idx_upload_reservations_live ON ops.upload_reservations (family_id, live_until) INCLUDE (size_bytes) WHERE state = 'pending';

DROP TABLE ops.stray_waveforms;
COMMENT ON COLUMN public.recordings.has_waveform IS 'Whether a waveform was announced with the upload: what a member may know of waveform_key.';
ALTER TABLE public.recordings DROP COLUMN waveform_size_bytes;
