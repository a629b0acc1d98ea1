-- Which version of the code ran a schedule: the one place that says what a stage runs.

ALTER TABLE ops.schedule_runs ADD COLUMN version TEXT;
COMMENT ON COLUMN ops.schedule_runs.version IS 'VERSION of the function that ran, the commit it was made of; null for runs before this column.';
