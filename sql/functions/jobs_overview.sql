CREATE OR REPLACE FUNCTION ops.jobs_overview(p_limit integer)
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_now timestamptz := clock_timestamp();
  v_paused text[] := ops.paused_kinds();
BEGIN
  RETURN jsonb_build_object(
    'kinds', coalesce((
      SELECT jsonb_agg(to_jsonb(per_kind) ORDER BY per_kind.kind)
      FROM (
        SELECT
          kind,
          count(*) FILTER (WHERE NOT dead AND (lease_token IS NULL OR run_at <= v_now)) AS waiting,
          count(*) FILTER (WHERE lease_token IS NOT NULL AND run_at > v_now) AS running,
          count(*) FILTER (WHERE NOT dead AND attempts > 0) AS tried,
          count(*) FILTER (WHERE dead) AS dead,
          round(extract(epoch FROM v_now - min(created_at) FILTER (WHERE NOT dead)))::bigint AS oldest_seconds,
          kind = ANY (v_paused) AS paused
        FROM (
          SELECT kind, false AS dead, attempts, lease_token, run_at, created_at FROM ops.jobs
          UNION ALL
          SELECT kind, true, attempts, NULL, NULL, NULL FROM ops.dead_jobs
          UNION ALL
          -- A paused kind is shown without a job too. A null is counted by no column.
          SELECT unnest(v_paused), NULL, NULL, NULL, NULL, NULL
        ) AS job
        GROUP BY kind
      ) AS per_kind
    ), '[]'),
    'dead', coalesce((
      SELECT jsonb_agg(to_jsonb(newest) ORDER BY newest.died_at DESC)
      FROM (
        SELECT id, kind, payload, attempts, died_at, last_error, request_id FROM ops.dead_jobs ORDER BY died_at DESC LIMIT p_limit
      ) AS newest
    ), '[]'),
    'tried', coalesce((
      SELECT jsonb_agg(to_jsonb(oldest) ORDER BY oldest.created_at)
      FROM (
        SELECT id, kind, payload, attempts, max_attempts, created_at, run_at, last_error, request_id
        FROM ops.jobs WHERE last_error IS NOT NULL ORDER BY created_at LIMIT p_limit
      ) AS oldest
    ), '[]'));
END
$$;
COMMENT ON FUNCTION ops.jobs_overview IS
  'The queue for an operator: each kind with its waiting, running and dead jobs, the age of its oldest, and whether it is paused; the newest p_limit dead jobs, and the oldest that failed and will be tried again.';
SELECT ops.publish_function('ops.jobs_overview', 'app_service');
