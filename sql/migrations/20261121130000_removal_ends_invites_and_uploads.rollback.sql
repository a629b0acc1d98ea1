-- Undoes 20261121130000_removal_ends_invites_and_uploads.sql. Parked uploads become pending again: they are then rescued for
-- their uploader. Which invite a member joined by is forgotten.

DROP INDEX ops.idx_upload_reservations_parked_until;
DROP INDEX ops.idx_upload_reservations_parked;
DROP INDEX public.idx_family_members_invite;

UPDATE ops.upload_reservations SET state = 'pending' WHERE state = 'parked';
ALTER TABLE ops.upload_reservations DROP CONSTRAINT upload_reservations_parked_with_object;
ALTER TABLE ops.upload_reservations DROP CONSTRAINT upload_reservations_state_known;
ALTER TABLE ops.upload_reservations ADD CONSTRAINT upload_reservations_state_known CHECK (state IN ('pending', 'abandoned'));
ALTER TABLE ops.upload_reservations DROP COLUMN uploader_left_at, DROP COLUMN parked_object;

COMMENT ON TABLE ops.removals IS 'Who was removed by a keeper, and when last: only an invite made later lets them back in. Leaving on one''s own is not here.';
ALTER TABLE public.family_members DROP CONSTRAINT family_members_invite_fkey;
ALTER TABLE public.family_members DROP COLUMN invite_id;
