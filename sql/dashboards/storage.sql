-- Storage by plan: families, recordings, bytes, trash, and recordings without a second copy.

SELECT
  entitlement.plan,
  count(DISTINCT entitlement.family_id) AS families,
  count(recording.id) AS recordings,
  pg_size_pretty(coalesce(sum(recording.size_bytes + recording.waveform_size_bytes), 0)) AS kept,
  count(recording.id) FILTER (WHERE recording.deleted_at IS NOT NULL) AS in_trash,
  count(recording.id) FILTER (WHERE recording.copied_at IS NULL) AS without_second_copy,
  max(now() - recording.created_at) FILTER (WHERE recording.copied_at IS NULL) AS longest_without,
  min(family.last_verified_at) AS verified_least_recently
FROM public.entitlements AS entitlement
JOIN public.families AS family ON family.id = entitlement.family_id
LEFT JOIN public.recordings AS recording ON recording.family_id = entitlement.family_id
GROUP BY entitlement.plan
ORDER BY families DESC;
