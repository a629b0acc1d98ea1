DROP TABLE ops.dead_jobs;
DROP TABLE ops.jobs;
