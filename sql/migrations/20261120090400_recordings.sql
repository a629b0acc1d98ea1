-- Recordings: the voices. A row here means the bytes are in the bucket and on the ledger.

-- Tables ----------------------------------------------------------------------------------------

CREATE TABLE public.recordings (
  id UUID NOT NULL DEFAULT gen_random_uuid(),
  family_id UUID NOT NULL,
  prompt_id UUID,
  title TEXT,
  size_bytes BIGINT NOT NULL,
  duration_seconds DOUBLE PRECISION NOT NULL,
  content_type TEXT NOT NULL,
  recorded_at TIMESTAMPTZ NOT NULL,
  created_by UUID,
  rescued BOOLEAN NOT NULL DEFAULT false,
  object_key TEXT NOT NULL,
  waveform_key TEXT,
  has_waveform BOOLEAN NOT NULL GENERATED ALWAYS AS (waveform_key IS NOT NULL) STORED,
  etag TEXT NOT NULL,
  content_md5 TEXT,
  stored_at TIMESTAMPTZ NOT NULL,
  copied_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  deleted_at TIMESTAMPTZ,
  deleted_by UUID,
  purging_at TIMESTAMPTZ,
  CONSTRAINT recordings_pkey PRIMARY KEY (id),
  CONSTRAINT recordings_family_id_key UNIQUE (family_id, id),
  CONSTRAINT recordings_object_key_key UNIQUE (object_key),
  -- RESTRICT: a row that vanished with its family would leave a voice that nobody can find or delete.
  CONSTRAINT recordings_family_fkey FOREIGN KEY (family_id) REFERENCES public.families (id) ON DELETE RESTRICT,
  CONSTRAINT recordings_prompt_fkey FOREIGN KEY (family_id, prompt_id) REFERENCES public.prompts (family_id, id) ON DELETE SET NULL (prompt_id),
  CONSTRAINT recordings_created_by_fkey FOREIGN KEY (created_by) REFERENCES auth.users (id) ON DELETE SET NULL,
  CONSTRAINT recordings_deleted_by_fkey FOREIGN KEY (deleted_by) REFERENCES auth.users (id) ON DELETE SET NULL,
  CONSTRAINT recordings_title_length CHECK (char_length(title) <= 200),
  CONSTRAINT recordings_size_positive CHECK (size_bytes > 0),
  CONSTRAINT recordings_duration_valid CHECK (duration_seconds > 0 AND duration_seconds < 'Infinity'),
  CONSTRAINT recordings_purged_from_trash CHECK (purging_at IS NULL OR deleted_at IS NOT NULL)
);
COMMENT ON TABLE public.recordings IS 'Audio recordings. Trash is deleted_at; purging_at means the object may already be gone, so nothing brings the row back.';
COMMENT ON COLUMN public.recordings.has_waveform IS 'Whether a waveform was announced with the upload: what a member may know of waveform_key.';
COMMENT ON COLUMN public.recordings.stored_at IS 'When the object store took the bytes, by its own clock.';
COMMENT ON COLUMN public.recordings.copied_at IS 'When the second copy in the other bucket was seen to be equal.';
COMMENT ON COLUMN public.recordings.rescued IS 'Finalized by settle_uploads: the phone never came back after its upload.';

-- Indexes ---------------------------------------------------------------------------------------

CREATE INDEX idx_recordings_family ON public.recordings (family_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX idx_recordings_family_trash ON public.recordings (family_id, created_at DESC, id DESC) WHERE deleted_at IS NOT NULL;
CREATE INDEX idx_recordings_prompt ON public.recordings (family_id, prompt_id, created_at DESC, id DESC) WHERE prompt_id IS NOT NULL;
CREATE INDEX idx_recordings_created_by ON public.recordings (created_by);
CREATE INDEX idx_recordings_deleted_by ON public.recordings (deleted_by) WHERE deleted_by IS NOT NULL;
CREATE INDEX idx_recordings_trash_age ON public.recordings (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX idx_recordings_uncopied ON public.recordings (created_at) WHERE copied_at IS NULL;

-- Triggers --------------------------------------------------------------------------------------

-- A client may write deleted_at and nothing else. Were its date believed, a date in the past would empty the trash tonight.
CREATE FUNCTION public.trigger_stamp_deletion()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL THEN
    NEW.deleted_at := pg_catalog.clock_timestamp();
    NEW.deleted_by := auth.uid();
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION public.trigger_stamp_deletion() IS 'Stamps deleted_at and deleted_by by the server''s clock and the caller, whatever was sent.';
SELECT ops.publish('public.trigger_stamp_deletion');

CREATE TRIGGER stamp_deletion BEFORE UPDATE OF deleted_at ON public.recordings
  FOR EACH ROW EXECUTE FUNCTION public.trigger_stamp_deletion();
CREATE TRIGGER set_updated_at BEFORE UPDATE ON public.recordings
  FOR EACH ROW EXECUTE FUNCTION public.trigger_set_updated_at();

-- Row-level security and grants -----------------------------------------------------------------

ALTER TABLE public.recordings OWNER TO app_owner;
ALTER TABLE public.recordings ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.recordings FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT (id, family_id, prompt_id, title, size_bytes, duration_seconds, content_type, recorded_at, created_by, rescued,
              has_waveform, created_at, updated_at, deleted_at) ON public.recordings TO authenticated;
GRANT UPDATE (deleted_at) ON public.recordings TO authenticated;

-- The trash is shown: a policy that hid it would make every soft deletion fail on the row it just wrote.
CREATE POLICY "Members read their family's recordings" ON public.recordings FOR SELECT TO authenticated
  USING (family_id = ANY (ARRAY(SELECT rls.user_family_ids())) AND purging_at IS NULL);
CREATE POLICY "The creator or a keeper moves a recording to the trash" ON public.recordings FOR UPDATE TO authenticated
  USING (
    deleted_at IS NULL
    AND family_id = ANY (ARRAY(SELECT rls.user_family_ids()))
    AND (created_by = (SELECT auth.uid()) OR rls.is_keeper_of(family_id))
  )
  WITH CHECK (deleted_at IS NOT NULL);

-- Realtime --------------------------------------------------------------------------------------

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_publication WHERE pubname = 'supabase_realtime') THEN
    ALTER PUBLICATION supabase_realtime ADD TABLE public.recordings (id, family_id, prompt_id, title, size_bytes, duration_seconds,
      content_type, recorded_at, created_by, rescued, created_at, updated_at, deleted_at);
    ALTER PUBLICATION supabase_realtime ADD TABLE public.prompts;
  END IF;
END
$$;
