-- The parts of an audit, which several workers look at side by side.

-- Tables ----------------------------------------------------------------------------------------

CREATE TABLE ops.audit_shards (
  id UUID NOT NULL DEFAULT gen_random_uuid(),
  run_id UUID NOT NULL,
  shard TEXT NOT NULL,
  keys_after TEXT NOT NULL,
  keys_up_to TEXT,
  families_after UUID,
  families_up_to UUID,
  position TEXT,
  objects_seen BIGINT NOT NULL DEFAULT 0,
  recordings_seen BIGINT NOT NULL DEFAULT 0,
  missing BIGINT NOT NULL DEFAULT 0,
  orphaned BIGINT NOT NULL DEFAULT 0,
  differing BIGINT NOT NULL DEFAULT 0,
  drifted BIGINT NOT NULL DEFAULT 0,
  lease_token UUID,
  leased_until TIMESTAMPTZ,
  finished_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT audit_shards_pkey PRIMARY KEY (id),
  CONSTRAINT audit_shards_run_fkey FOREIGN KEY (run_id) REFERENCES ops.audit_runs (id) ON DELETE CASCADE,
  CONSTRAINT audit_shards_shard_key UNIQUE (run_id, shard),
  CONSTRAINT audit_shards_leased_whole CHECK ((lease_token IS NULL) = (leased_until IS NULL))
);
COMMENT ON TABLE ops.audit_shards IS 'The parts of an audit: each has a range of keys and a range of families, and one worker at a time. All ranges together are everything, and none overlaps another.';
COMMENT ON COLUMN ops.audit_shards.keys_after IS 'The range begins behind this key, byte by byte, and ends with keys_up_to; null: with the last key. The same for families.';
COMMENT ON COLUMN ops.audit_shards.position IS 'Where an interrupted shard goes on.';
COMMENT ON COLUMN ops.audit_shards.lease_token IS 'The fencing token of the present worker: whoever has another writes nothing. Free again from leased_until on.';
COMMENT ON COLUMN ops.audit_runs.position IS 'Not used any more: each of ops.audit_shards has its own.';

SELECT ops.publish_table('ops.audit_shards');
