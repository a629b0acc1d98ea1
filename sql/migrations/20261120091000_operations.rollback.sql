DROP FUNCTION ops.database_identity();
DROP TABLE ops.feature_flags;
DROP TABLE ops.alert_digest;
DROP TABLE ops.anomalies;
DROP TABLE ops.audit_runs;
DROP TABLE ops.schedule_runs;
