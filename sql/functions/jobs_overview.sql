CREATE OR REPLACE FUNCTION ops.jobs_overview(p_limit integer)
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_now timestamptz := clock_timestamp();
BEGIN
  RETURN jsonb_build_object(
    'waiting', coalesce((
      SELECT jsonb_agg(to_jsonb(per_kind) ORDER BY per_kind.kind)
      FROM (
        SELECT
          kind,
          count(*) FILTER (WHERE lease_token IS NULL OR run_at <= v_now) AS waiting,
          count(*) FILTER (WHERE lease_token IS NOT NULL AND run_at > v_now) AS running,
          count(*) FILTER (WHERE attempts > 0) AS tried,
          round(extract(epoch FROM v_now - min(created_at)))::bigint AS oldest_seconds
        FROM ops.jobs
        GROUP BY kind
      ) AS per_kind
    ), '[]'),
    'dead', coalesce((
      SELECT jsonb_agg(to_jsonb(newest) ORDER BY newest.died_at DESC)
      FROM (
        SELECT id, kind, attempts, died_at, last_error, request_id FROM ops.dead_jobs ORDER BY died_at DESC LIMIT p_limit
      ) AS newest
    ), '[]'),
    'dead_count', (SELECT count(*) FROM ops.dead_jobs));
END
$$;
COMMENT ON FUNCTION ops.jobs_overview IS
  'The queue for an operator: waiting jobs and the age of the oldest by kind, and the newest p_limit dead jobs.';
SELECT ops.publish_function('ops.jobs_overview', 'app_service');
