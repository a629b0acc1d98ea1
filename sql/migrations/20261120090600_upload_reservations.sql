-- Reservations: bytes promised to an upload that has not been finalized yet.

CREATE TABLE ops.upload_reservations (
  id UUID NOT NULL DEFAULT gen_random_uuid(),
  family_id UUID NOT NULL,
  user_id UUID,
  size_bytes BIGINT NOT NULL,
  duration_seconds DOUBLE PRECISION NOT NULL,
  content_type TEXT NOT NULL,
  content_md5 TEXT,
  waveform_size_bytes INTEGER,
  state TEXT NOT NULL DEFAULT 'pending',
  url_expires_at TIMESTAMPTZ NOT NULL,
  live_until TIMESTAMPTZ NOT NULL,
  watch_until TIMESTAMPTZ NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT upload_reservations_pkey PRIMARY KEY (id),
  CONSTRAINT upload_reservations_family_fkey FOREIGN KEY (family_id) REFERENCES public.families (id) ON DELETE RESTRICT,
  CONSTRAINT upload_reservations_user_fkey FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE SET NULL,
  -- pending -> (finalized: the row becomes a recording and goes) | abandoned -> (object deleted: the row goes)
  CONSTRAINT upload_reservations_state_known CHECK (state IN ('pending', 'abandoned')),
  CONSTRAINT upload_reservations_size_positive CHECK (size_bytes > 0),
  CONSTRAINT upload_reservations_duration_valid CHECK (duration_seconds > 0 AND duration_seconds < 'Infinity'),
  CONSTRAINT upload_reservations_clock_order CHECK (url_expires_at <= live_until AND live_until <= watch_until)
);
COMMENT ON TABLE ops.upload_reservations IS 'Uploads under way; id is the recording''s id to be. Bytes are held until live_until, the object is looked for until watch_until.';

-- The sum of live reservations is taken under the gate by every upload: answered from this index alone.
CREATE INDEX idx_upload_reservations_live ON ops.upload_reservations (family_id, live_until) INCLUDE (size_bytes) WHERE state = 'pending';
CREATE INDEX idx_upload_reservations_user ON ops.upload_reservations (user_id, live_until) WHERE state = 'pending';
CREATE INDEX idx_upload_reservations_due ON ops.upload_reservations (url_expires_at) WHERE state = 'pending';
CREATE INDEX idx_upload_reservations_family ON ops.upload_reservations (family_id);
CREATE INDEX idx_upload_reservations_user_all ON ops.upload_reservations (user_id);
CREATE INDEX idx_upload_reservations_abandoned ON ops.upload_reservations (updated_at) WHERE state = 'abandoned';

CREATE TRIGGER set_updated_at BEFORE UPDATE ON ops.upload_reservations
  FOR EACH ROW EXECUTE FUNCTION public.trigger_set_updated_at();

ALTER TABLE ops.upload_reservations OWNER TO app_owner;
REVOKE ALL ON ops.upload_reservations FROM PUBLIC, anon, authenticated, service_role;

CREATE FUNCTION rls.reserved_bytes_of(p_family_id uuid)
RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT coalesce(sum(size_bytes), 0)::bigint
  FROM ops.upload_reservations
  WHERE family_id = p_family_id AND state = 'pending' AND live_until > pg_catalog.clock_timestamp()
$$;
COMMENT ON FUNCTION rls.reserved_bytes_of(uuid) IS
  'Bytes held by the family''s live reservations. A sum, not a column: it frees itself as time passes. Called by views that have already chosen the family under its policy.';
SELECT ops.publish('rls.reserved_bytes_of', 'authenticated');
