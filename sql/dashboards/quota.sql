-- Families whose storage is nearly full: 80 per cent and more, with what live uploads have reserved.

SELECT
  entitlement.family_id, entitlement.plan,
  round(100.0 * (entitlement.storage_used_bytes + reserved.bytes) / entitlement.storage_quota_bytes, 1) AS full_per_cent,
  pg_size_pretty(entitlement.storage_used_bytes) AS used,
  pg_size_pretty(reserved.bytes) AS reserved,
  pg_size_pretty(entitlement.storage_quota_bytes) AS quota
FROM public.entitlements AS entitlement
CROSS JOIN LATERAL (
  SELECT coalesce(sum(size_bytes), 0)::bigint AS bytes FROM ops.upload_reservations
  WHERE family_id = entitlement.family_id AND state = 'pending' AND live_until > now()
) AS reserved
WHERE entitlement.storage_used_bytes + reserved.bytes >= 0.8 * entitlement.storage_quota_bytes
ORDER BY full_per_cent DESC, entitlement.family_id
LIMIT 100;
