-- Undoes 20261121180000_maintenance_runs.sql.

DROP TABLE ops.maintenance_runs;
