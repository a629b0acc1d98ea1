-- Undoes 20261122040000_audit_shards.sql.

COMMENT ON COLUMN ops.audit_runs.position IS NULL;
DROP TABLE ops.audit_shards;
