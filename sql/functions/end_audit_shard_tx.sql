CREATE OR REPLACE FUNCTION ops.end_audit_shard_tx(p_run_id uuid, p_shard text, p_lease_token uuid, p_finished boolean)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE ops.audit_shards
  SET lease_token = NULL, leased_until = NULL, finished_at = CASE WHEN p_finished THEN clock_timestamp() END
  WHERE run_id = p_run_id AND shard = p_shard AND lease_token = p_lease_token;
  IF NOT FOUND OR NOT p_finished THEN
    RETURN '{}';
  END IF;
  -- Of two workers that end the last two shards at once, the second waits here, and then sees that none is left.
  PERFORM FROM ops.audit_runs WHERE id = p_run_id FOR NO KEY UPDATE;
  UPDATE ops.audit_runs AS run
  SET finished_at = clock_timestamp(),
      objects_seen = total.objects_seen,
      recordings_seen = total.recordings_seen,
      missing = total.missing,
      orphaned = total.orphaned,
      differing = total.differing,
      drifted = total.drifted
  FROM (
    SELECT sum(objects_seen) AS objects_seen, sum(recordings_seen) AS recordings_seen, sum(missing) AS missing,
           sum(orphaned) AS orphaned, sum(differing) AS differing, sum(drifted) AS drifted,
           bool_and(finished_at IS NOT NULL) AS all_finished
    FROM ops.audit_shards WHERE run_id = p_run_id
  ) AS total
  WHERE run.id = p_run_id AND total.all_finished;
  RETURN '{}';
END
$$;
COMMENT ON FUNCTION ops.end_audit_shard_tx IS
  'Gives a shard back, finished or not. The audit is finished with its last shard, and then has the counts of all of them. Does nothing for a worker whose lease ran out.';
SELECT ops.publish_function('ops.end_audit_shard_tx', 'app_service');
