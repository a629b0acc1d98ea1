CREATE OR REPLACE FUNCTION ops.queue_gauges()
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_now timestamptz := clock_timestamp();
  v_paused text[] := ops.paused_kinds();
BEGIN
  RETURN jsonb_build_object(
    -- More than that is too many, however many they are.
    'waiting', (SELECT count(*) FROM (SELECT FROM ops.jobs LIMIT 10000) AS counted),
    'oldest_due_seconds', (
      SELECT coalesce(extract(epoch FROM v_now - min(run_at)), 0)::integer FROM ops.jobs
      -- A kind that the operator paused waits on purpose.
      WHERE run_at <= v_now AND kind <> ALL (v_paused)),
    'dead_last_day', (SELECT count(*) FROM ops.dead_jobs WHERE died_at > v_now - interval '1 day'),
    'webhook_lag_seconds', (
      SELECT coalesce(extract(epoch FROM v_now - min(created_at)), 0)::integer
      FROM ops.stripe_events WHERE state IN ('stored', 'failed')),
    'mails_last_hour', (SELECT count(*) FROM ops.invite_mails WHERE created_at > v_now - interval '1 hour'),
    'mails_refused_last_hour', (SELECT count(*) FROM public.invites WHERE mail_refused_at > v_now - interval '1 hour'));
END
$$;
COMMENT ON FUNCTION ops.queue_gauges IS
  'What the metrics of each minute say of the queue: waiting jobs (10,000 at most), how long the oldest due one of no paused kind has been due, jobs that died within a day, the age of the oldest event of Stripe''s that is not applied, invitations mailed and refused within the hour.';
SELECT ops.publish_function('ops.queue_gauges', 'app_service');
