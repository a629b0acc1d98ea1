-- The queue: work that follows a request. Claimed with a lease and a fencing token; done jobs are deleted.

CREATE TABLE ops.jobs (
  id UUID NOT NULL DEFAULT gen_random_uuid(),
  kind TEXT NOT NULL,
  payload JSONB NOT NULL DEFAULT '{}',
  payload_version INTEGER NOT NULL DEFAULT 1,
  lane TEXT NOT NULL,
  turn_at TIMESTAMPTZ NOT NULL,
  run_at TIMESTAMPTZ NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  max_attempts INTEGER NOT NULL DEFAULT 8,
  lease_token UUID,
  dedupe_key TEXT,
  request_id TEXT,
  last_error TEXT,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT jobs_pkey PRIMARY KEY (id),
  CONSTRAINT jobs_dedupe_key_key UNIQUE (dedupe_key),
  CONSTRAINT jobs_payload_is_object CHECK (jsonb_typeof(payload) = 'object'),
  CONSTRAINT jobs_attempts_counted CHECK (attempts >= 0 AND max_attempts > 0)
);
COMMENT ON TABLE ops.jobs IS 'Work to be done. run_at is when a job is due, and doubles as its lease while it runs; turn_at is its fair place among all lanes.';
COMMENT ON COLUMN ops.jobs.payload IS 'Ids only, of the version payload_version: never a name, an address, a code or a URL.';
COMMENT ON COLUMN ops.jobs.lane IS 'Whose work it is, as a rule a family: a thousand jobs of one lane do not delay another''s.';
COMMENT ON COLUMN ops.jobs.lease_token IS 'The fencing token of the current claim: completing or failing a job needs it, so a worker that was given up for dead changes nothing.';

CREATE TABLE ops.dead_jobs (
  id UUID NOT NULL DEFAULT gen_random_uuid(),
  kind TEXT NOT NULL,
  payload JSONB NOT NULL,
  payload_version INTEGER NOT NULL,
  lane TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  max_attempts INTEGER NOT NULL,
  dedupe_key TEXT,
  request_id TEXT,
  last_error TEXT,
  enqueued_at TIMESTAMPTZ NOT NULL,
  died_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT dead_jobs_pkey PRIMARY KEY (id)
);
COMMENT ON TABLE ops.dead_jobs IS 'Jobs out of attempts or past helping, with their history. Moved here, never copied; requeueing moves them back.';

CREATE INDEX idx_jobs_turn ON ops.jobs (turn_at);
CREATE INDEX idx_jobs_run ON ops.jobs (run_at);
CREATE INDEX idx_jobs_lane ON ops.jobs (lane, turn_at);
CREATE INDEX idx_dead_jobs_died ON ops.dead_jobs (died_at);

CREATE TRIGGER set_updated_at BEFORE UPDATE ON ops.jobs
  FOR EACH ROW EXECUTE FUNCTION public.trigger_set_updated_at();
CREATE TRIGGER set_updated_at BEFORE UPDATE ON ops.dead_jobs
  FOR EACH ROW EXECUTE FUNCTION public.trigger_set_updated_at();

ALTER TABLE ops.jobs OWNER TO app_owner;
ALTER TABLE ops.dead_jobs OWNER TO app_owner;
REVOKE ALL ON ops.jobs, ops.dead_jobs FROM PUBLIC, anon, authenticated, service_role;
