-- An alarm that grows is mailed again, one that ends is mailed as over, and a flood of different ones stays small.

-- Tables ----------------------------------------------------------------------------------------

ALTER TABLE ops.alert_digest ADD COLUMN mailed_occurrences INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ops.alert_digest ADD COLUMN recovered_at TIMESTAMPTZ;
COMMENT ON COLUMN ops.alert_digest.mailed_occurrences IS 'The count in the last mail. The alert is mailed again when it has grown tenfold since.';
COMMENT ON COLUMN ops.alert_digest.recovered_at IS 'When the mail was sent that says that it did not occur for hours. Another occurrence on this day is mailed anew.';

-- What was mailed before this migration is neither mailed again nor mailed as over.
UPDATE ops.alert_digest SET mailed_occurrences = occurrences, recovered_at = now() WHERE sent_at IS NOT NULL;

-- Indexes ---------------------------------------------------------------------------------------

CREATE INDEX idx_alert_digest_day ON ops.alert_digest (day);
