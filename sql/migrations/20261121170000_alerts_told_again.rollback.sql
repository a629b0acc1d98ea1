-- Undoes 20261121170000_alerts_told_again.sql.

DROP INDEX ops.idx_alert_digest_day;
ALTER TABLE ops.alert_digest DROP COLUMN recovered_at;
ALTER TABLE ops.alert_digest DROP COLUMN mailed_occurrences;
