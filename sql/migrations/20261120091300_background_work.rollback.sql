DROP INDEX ops.idx_alert_digest_unsent;
DROP INDEX ops.idx_billing_customers_visited;
DROP INDEX ops.idx_upload_reservations_looked_at;
DROP INDEX public.idx_recordings_object_key;
ALTER TABLE ops.jobs ALTER COLUMN max_attempts SET DEFAULT 8;
