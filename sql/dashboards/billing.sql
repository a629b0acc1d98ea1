-- Billing: families by plan and status, over quota and suspended, and Stripe events by state.

SELECT 'families ' || plan || ' ' || status AS fact, count(*)::text AS value FROM public.entitlements GROUP BY plan, status
UNION ALL
SELECT 'families over quota', count(*)::text FROM public.entitlements WHERE storage_used_bytes > storage_quota_bytes
UNION ALL
SELECT 'families suspended by the operator', count(DISTINCT family_id)::text FROM ops.feature_flags
WHERE family_id IS NOT NULL AND name IN ('uploads', 'writes') AND NOT enabled AND (until_at IS NULL OR until_at > now())
UNION ALL
SELECT 'events ' || state, count(*)::text FROM ops.stripe_events WHERE created_at > now() - interval '7 days' GROUP BY state
UNION ALL
SELECT 'oldest event not applied', max(now() - created_at)::text FROM ops.stripe_events WHERE state IN ('stored', 'failed')
ORDER BY fact;
