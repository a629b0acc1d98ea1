-- A member who goes takes along the invites they made, the code they joined by, and the uploads they had begun.

-- Tables ----------------------------------------------------------------------------------------

ALTER TABLE public.family_members ADD COLUMN invite_id UUID;
ALTER TABLE public.family_members ADD CONSTRAINT family_members_invite_fkey
  FOREIGN KEY (family_id, invite_id) REFERENCES public.invites (family_id, id) ON DELETE SET NULL (invite_id);
COMMENT ON COLUMN public.family_members.invite_id IS 'The invite that this member joined by: revoked when they go. Null for the founder.';

COMMENT ON TABLE ops.removals IS
  'Who went from which family, and when last. Removed by a keeper, a person returns by a later invite alone; having left on their own (removed_by is themself), the same for one day.';

ALTER TABLE ops.upload_reservations ADD COLUMN uploader_left_at TIMESTAMPTZ, ADD COLUMN parked_object JSONB;
ALTER TABLE ops.upload_reservations DROP CONSTRAINT upload_reservations_state_known;
-- pending -> (finalized: the row becomes a recording and goes) | abandoned -> (object deleted: the row goes)
-- pending -> parked -> (accepted: the row becomes a recording and goes) | (declined, or 30 days over: object deleted, row goes)
ALTER TABLE ops.upload_reservations ADD CONSTRAINT upload_reservations_state_known CHECK (state IN ('pending', 'parked', 'abandoned'));
ALTER TABLE ops.upload_reservations ADD CONSTRAINT upload_reservations_parked_with_object
  CHECK (state <> 'parked' OR parked_object IS NOT NULL);
COMMENT ON COLUMN ops.upload_reservations.uploader_left_at IS 'When the uploader left the family or was removed; an object stored later is parked.';
COMMENT ON COLUMN ops.upload_reservations.parked_object IS 'The stored object {size_bytes, content_type, is_mp4, etag, stored_at} of a parked upload.';

-- Indexes ---------------------------------------------------------------------------------------

CREATE INDEX idx_family_members_invite ON public.family_members (family_id, invite_id);
CREATE INDEX idx_upload_reservations_parked ON ops.upload_reservations (family_id, created_at DESC, id DESC) WHERE state = 'parked';
CREATE INDEX idx_upload_reservations_parked_until ON ops.upload_reservations (watch_until) WHERE state = 'parked';
