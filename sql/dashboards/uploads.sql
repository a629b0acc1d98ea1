-- Uploads that are not finalized, by stage: how many, their declared bytes, and the age of the oldest.

SELECT
  CASE
    WHEN state = 'abandoned' THEN '5 abandoned, to be cleaned up'
    WHEN state = 'parked' THEN '4 parked, a keeper decides'
    WHEN url_expires_at > now() THEN '1 uploading'
    WHEN live_until > now() THEN '2 URL expired, bytes still held'
    ELSE '3 hold lapsed, still watched'
  END AS stage,
  count(*) AS uploads,
  pg_size_pretty(sum(size_bytes + coalesce(waveform_size_bytes, 0))) AS declared,
  max(now() - created_at) AS oldest
FROM ops.upload_reservations
GROUP BY stage
ORDER BY stage;
