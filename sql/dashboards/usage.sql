-- Usage of each family, the hundred largest: plan, recordings, bytes and their share of the quota, and the last recording.

SELECT
  entitlement.family_id, entitlement.plan, entitlement.status,
  kept.recordings,
  pg_size_pretty(entitlement.storage_used_bytes) AS used,
  round(100.0 * entitlement.storage_used_bytes / entitlement.storage_quota_bytes, 1) AS full_per_cent,
  (SELECT count(*) FROM public.family_members AS member WHERE member.family_id = entitlement.family_id) AS members,
  kept.last_recording
FROM (SELECT * FROM public.entitlements ORDER BY storage_used_bytes DESC, family_id LIMIT 100) AS entitlement
CROSS JOIN LATERAL (
  SELECT count(*) AS recordings, max(created_at) AS last_recording
  FROM public.recordings AS recording WHERE recording.family_id = entitlement.family_id
) AS kept
ORDER BY entitlement.storage_used_bytes DESC, entitlement.family_id;
