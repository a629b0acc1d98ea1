-- What leaves no row behind is counted by the hour, and the answer of /health is kept for all processes.

CREATE TABLE ops.tallies (
  id UUID NOT NULL DEFAULT gen_random_uuid(),
  measure TEXT NOT NULL,
  subject TEXT NOT NULL DEFAULT '',
  hour TIMESTAMPTZ NOT NULL,
  bucket INTEGER NOT NULL DEFAULT 0,
  amount BIGINT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT tallies_pkey PRIMARY KEY (id),
  CONSTRAINT tallies_measure_key UNIQUE (measure, subject, hour, bucket),
  -- job_took and job_waited: done jobs by their time; job_failed: failed attempts; upload_abandoned: rows that were dropped
  CONSTRAINT tallies_measure_known CHECK (measure IN ('job_took', 'job_waited', 'job_failed', 'upload_abandoned')),
  CONSTRAINT tallies_amount_positive CHECK (amount > 0)
);
COMMENT ON TABLE ops.tallies IS 'How often something happened in an hour, for 35 days: done jobs and dropped uploads leave no row of their own.';
COMMENT ON COLUMN ops.tallies.subject IS 'The kind of job. Never a family, a person or anything else that grows without bound.';
COMMENT ON COLUMN ops.tallies.bucket IS 'Of a duration of m milliseconds: 4 * log2(m), rounded, so that 2 ^ (bucket / 4) is m within 10 %. Else 0.';
SELECT ops.publish_table('ops.tallies');
CREATE INDEX idx_tallies_hour ON ops.tallies (hour);

CREATE TABLE ops.health_probes (
  id UUID NOT NULL DEFAULT gen_random_uuid(),
  claimed_at TIMESTAMPTZ NOT NULL DEFAULT '-infinity',
  checked_at TIMESTAMPTZ NOT NULL DEFAULT '-infinity',
  checks JSONB NOT NULL DEFAULT '[]',
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT health_probes_pkey PRIMARY KEY (id),
  CONSTRAINT health_probes_is_a_list CHECK (jsonb_typeof(checks) = 'array')
);
COMMENT ON TABLE ops.health_probes IS 'One row: the last answer of /health, and when a process claimed the turn to check anew. Codes and numbers only.';
SELECT ops.publish_table('ops.health_probes');
INSERT INTO ops.health_probes DEFAULT VALUES;

-- Refused calls, so that an operator sees which limits are met. The row is locked by its call anyway.
ALTER TABLE ops.call_counts ADD COLUMN refused INTEGER NOT NULL DEFAULT 0;
COMMENT ON COLUMN ops.call_counts.refused IS 'Calls refused since the row was made; rows go two days after their last call.';

-- Recordings of the last days are counted by day. They are inserted in the order of time, so a few pages of index do.
CREATE INDEX idx_recordings_created ON public.recordings USING brin (created_at);
