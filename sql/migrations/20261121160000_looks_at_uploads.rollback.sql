-- Undoes 20261121160000_looks_at_uploads.sql. Uploads are looked at in the order of their last change again.

DROP INDEX ops.idx_upload_reservations_next_look;
DROP INDEX ops.idx_upload_reservations_first_look;
CREATE INDEX idx_upload_reservations_due ON ops.upload_reservations (url_expires_at) WHERE state = 'pending';
CREATE INDEX idx_upload_reservations_looked_at ON ops.upload_reservations (updated_at) WHERE state = 'pending';
ALTER TABLE ops.upload_reservations DROP COLUMN looks, DROP COLUMN next_look_at;
