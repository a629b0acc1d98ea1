-- When settle_uploads looks at an upload next: uploads that never arrive must not keep it from those that did.

-- Tables ----------------------------------------------------------------------------------------

ALTER TABLE ops.upload_reservations ADD COLUMN looks INTEGER NOT NULL DEFAULT 0, ADD COLUMN next_look_at TIMESTAMPTZ;
COMMENT ON COLUMN ops.upload_reservations.looks IS 'How often settle_uploads has looked for the object since the newest URL.';
COMMENT ON COLUMN ops.upload_reservations.next_look_at IS
  'When settle_uploads looks for the object again; null where it has not looked since the newest URL, and then these come first.';

-- Those that were looked at until now.
UPDATE ops.upload_reservations SET looks = 1, next_look_at = clock_timestamp() WHERE state = 'pending' AND updated_at > url_expires_at;

-- Indexes ---------------------------------------------------------------------------------------

DROP INDEX ops.idx_upload_reservations_looked_at;
DROP INDEX ops.idx_upload_reservations_due;
CREATE INDEX idx_upload_reservations_first_look ON ops.upload_reservations (url_expires_at, id)
  WHERE state = 'pending' AND next_look_at IS NULL;
CREATE INDEX idx_upload_reservations_next_look ON ops.upload_reservations (next_look_at, id)
  WHERE state = 'pending' AND next_look_at IS NOT NULL;
