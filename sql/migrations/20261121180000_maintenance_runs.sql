-- When an operator's command that somebody must repeat, such as the restore drill, last ran and last succeeded.

-- Tables ----------------------------------------------------------------------------------------

CREATE TABLE ops.maintenance_runs (
  id UUID NOT NULL DEFAULT gen_random_uuid(),
  kind TEXT NOT NULL,
  last_run_at TIMESTAMPTZ NOT NULL,
  last_succeeded_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT maintenance_runs_pkey PRIMARY KEY (id),
  CONSTRAINT maintenance_runs_kind_key UNIQUE (kind)
);
COMMENT ON TABLE ops.maintenance_runs IS 'One row a kind of command that an operator runs by hand, such as drill. Schedules have ops.schedule_runs.';
COMMENT ON COLUMN ops.maintenance_runs.last_succeeded_at IS 'Null where it never succeeded; before last_run_at where the last run failed.';

SELECT ops.publish_table('ops.maintenance_runs');
