-- Stripe's events by day: from Stripe to us, and from us to the family's plan, in seconds; and those that are not applied.

SELECT
  (created_at AT TIME ZONE 'utc')::date AS day,
  count(*) AS events,
  count(*) FILTER (WHERE state IN ('stored', 'failed')) AS not_applied,
  count(*) FILTER (WHERE state = 'dead') AS dead,
  round(percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM created_at - happened_at))::numeric, 1) AS arrived_p95_s,
  round(percentile_cont(0.50) WITHIN GROUP (ORDER BY extract(epoch FROM applied_at - created_at))::numeric, 1) AS applied_p50_s,
  round(percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM applied_at - created_at))::numeric, 1) AS applied_p95_s,
  max(now() - created_at) FILTER (WHERE state IN ('stored', 'failed')) AS oldest_not_applied
FROM ops.stripe_events
WHERE created_at > now() - interval '30 days'
GROUP BY day
ORDER BY day DESC;
