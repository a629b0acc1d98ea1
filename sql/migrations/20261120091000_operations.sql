-- What the operator and the clock leave behind.

CREATE TABLE ops.schedule_runs (
  id UUID NOT NULL DEFAULT gen_random_uuid(),
  schedule TEXT NOT NULL,
  slot TIMESTAMPTZ NOT NULL,
  started_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  finished_at TIMESTAMPTZ,
  summary JSONB,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT schedule_runs_pkey PRIMARY KEY (id),
  CONSTRAINT schedule_runs_slot_key UNIQUE (schedule, slot)
);
COMMENT ON TABLE ops.schedule_runs IS 'One row a schedule and slot: a clock that fires twice finds its slot taken and runs once.';

CREATE TABLE ops.audit_runs (
  id UUID NOT NULL DEFAULT gen_random_uuid(),
  started_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  finished_at TIMESTAMPTZ,
  position TEXT,
  objects_seen BIGINT NOT NULL DEFAULT 0,
  recordings_seen BIGINT NOT NULL DEFAULT 0,
  missing BIGINT NOT NULL DEFAULT 0,
  orphaned BIGINT NOT NULL DEFAULT 0,
  differing BIGINT NOT NULL DEFAULT 0,
  drifted BIGINT NOT NULL DEFAULT 0,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT audit_runs_pkey PRIMARY KEY (id)
);
COMMENT ON TABLE ops.audit_runs IS 'Each nightly audit of bucket, recordings and ledger against each other; position is where an interrupted one goes on.';

CREATE TABLE ops.anomalies (
  id UUID NOT NULL DEFAULT gen_random_uuid(),
  kind TEXT NOT NULL,
  family_id UUID,
  recording_id UUID,
  details JSONB NOT NULL DEFAULT '{}',
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT anomalies_pkey PRIMARY KEY (id)
);
COMMENT ON TABLE ops.anomalies IS 'What should not have happened and was survived: a clamped release, a late upload over quota, a missing voice. Ids and numbers only.';

CREATE TABLE ops.alert_digest (
  id UUID NOT NULL DEFAULT gen_random_uuid(),
  fingerprint TEXT NOT NULL,
  day DATE NOT NULL DEFAULT (now() AT TIME ZONE 'utc')::date,
  severity TEXT NOT NULL DEFAULT 'error',
  message TEXT NOT NULL,
  occurrences INTEGER NOT NULL DEFAULT 1,
  last_request_id TEXT,
  last_seen_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  sent_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT alert_digest_pkey PRIMARY KEY (id),
  CONSTRAINT alert_digest_fingerprint_day_key UNIQUE (fingerprint, day),
  CONSTRAINT alert_digest_severity_known CHECK (severity IN ('error', 'critical'))
);
COMMENT ON TABLE ops.alert_digest IS 'Errors of a UTC day, grouped, so that the operator gets one mail and not a thousand. Messages hold no id, address or name.';

CREATE TABLE ops.feature_flags (
  id UUID NOT NULL DEFAULT gen_random_uuid(),
  name TEXT NOT NULL,
  enabled BOOLEAN NOT NULL,
  bound_to TEXT,
  note TEXT,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT feature_flags_pkey PRIMARY KEY (id),
  CONSTRAINT feature_flags_name_key UNIQUE (name)
);
COMMENT ON TABLE ops.feature_flags IS 'Switches of the operator. deleting_armed: whether the schedules that delete may delete.';
COMMENT ON COLUMN ops.feature_flags.bound_to IS 'The database a switch was set in: carried into another one by a restore, it no longer holds.';

-- A dump that is loaded elsewhere, another cluster and a cluster rewound to an earlier point each have another identity.
CREATE FUNCTION ops.database_identity()
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT concat_ws('/',
    (SELECT system_identifier FROM pg_control_system()),
    (SELECT oid FROM pg_database WHERE datname = current_database()),
    substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))
$$;
COMMENT ON FUNCTION ops.database_identity() IS 'Cluster, database and timeline: what a restore, of whatever kind, changes.';
SELECT ops.publish('ops.database_identity');

INSERT INTO ops.feature_flags (name, enabled, bound_to, note)
VALUES ('deleting_armed', true, ops.database_identity(), 'after a restore it no longer holds, until the operator has looked and rearmed');

CREATE INDEX idx_schedule_runs_started ON ops.schedule_runs (started_at);
CREATE INDEX idx_audit_runs_started ON ops.audit_runs (started_at);
CREATE INDEX idx_anomalies_created ON ops.anomalies (created_at);
CREATE INDEX idx_anomalies_family ON ops.anomalies (family_id) WHERE family_id IS NOT NULL;

CREATE TRIGGER set_updated_at BEFORE UPDATE ON ops.schedule_runs
  FOR EACH ROW EXECUTE FUNCTION public.trigger_set_updated_at();
CREATE TRIGGER set_updated_at BEFORE UPDATE ON ops.audit_runs
  FOR EACH ROW EXECUTE FUNCTION public.trigger_set_updated_at();
CREATE TRIGGER set_updated_at BEFORE UPDATE ON ops.anomalies
  FOR EACH ROW EXECUTE FUNCTION public.trigger_set_updated_at();
CREATE TRIGGER set_updated_at BEFORE UPDATE ON ops.alert_digest
  FOR EACH ROW EXECUTE FUNCTION public.trigger_set_updated_at();
CREATE TRIGGER set_updated_at BEFORE UPDATE ON ops.feature_flags
  FOR EACH ROW EXECUTE FUNCTION public.trigger_set_updated_at();

ALTER TABLE ops.schedule_runs OWNER TO app_owner;
ALTER TABLE ops.audit_runs OWNER TO app_owner;
ALTER TABLE ops.anomalies OWNER TO app_owner;
ALTER TABLE ops.alert_digest OWNER TO app_owner;
ALTER TABLE ops.feature_flags OWNER TO app_owner;
REVOKE ALL ON ops.schedule_runs, ops.audit_runs, ops.anomalies, ops.alert_digest, ops.feature_flags
  FROM PUBLIC, anon, authenticated, service_role;
