-- Uploads under way: how many hold bytes, how many are only watched, and the oldest that nobody finalized.

SELECT
  CASE
    WHEN state = 'abandoned' THEN '4 abandoned, to be cleaned up'
    WHEN url_expires_at > now() THEN '1 uploading'
    WHEN live_until > now() THEN '2 URL expired, bytes still held'
    ELSE '3 lapsed, watched'
  END AS stage,
  count(*) AS uploads,
  pg_size_pretty(sum(size_bytes)) AS announced,
  max(now() - created_at) AS oldest
FROM ops.upload_reservations
GROUP BY stage
ORDER BY stage;
