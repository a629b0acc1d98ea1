-- What the schedules need to walk: recordings in the bucket's own order, pending uploads by when they were last looked at.

-- Tables ----------------------------------------------------------------------------------------

-- Eight attempts were two minutes: a vendor's bad hour would have killed every mail of it. Twenty are about eight hours.
ALTER TABLE ops.jobs ALTER COLUMN max_attempts SET DEFAULT 20;

-- Indexes ---------------------------------------------------------------------------------------

-- A bucket lists its keys byte by byte; the audit reads the rows in the same order, whatever the database's locale.
CREATE INDEX idx_recordings_object_key ON public.recordings (object_key COLLATE "C");
CREATE INDEX idx_upload_reservations_looked_at ON ops.upload_reservations (updated_at) WHERE state = 'pending';
CREATE INDEX idx_billing_customers_visited ON ops.billing_customers (updated_at);
CREATE INDEX idx_alert_digest_unsent ON ops.alert_digest (day) WHERE sent_at IS NULL;
