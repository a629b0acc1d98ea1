-- Undoes 20261121180200_version_of_runs.sql.

ALTER TABLE ops.schedule_runs DROP COLUMN version;
