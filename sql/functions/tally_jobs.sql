CREATE OR REPLACE FUNCTION ops.tally_jobs(p_measure text, p_kind text, p_milliseconds double precision[])
RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
  INSERT INTO ops.tallies AS tally (measure, subject, hour, bucket, amount)
  SELECT p_measure, p_kind, date_trunc('hour', clock_timestamp(), 'UTC'), ops.tally_bucket(milliseconds) AS bucket, count(*)
  FROM unnest(p_milliseconds) AS milliseconds
  GROUP BY bucket
  -- In one order, so that two workers that count the same buckets wait for each other and do not deadlock.
  ORDER BY bucket
  ON CONFLICT (measure, subject, hour, bucket) DO UPDATE SET amount = tally.amount + excluded.amount
$$;
COMMENT ON FUNCTION ops.tally_jobs IS 'Counts jobs of one kind into the present hour, one duration in milliseconds a job.';
SELECT ops.publish_function('ops.tally_jobs');
