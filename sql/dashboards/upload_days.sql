-- Uploads by the day they began: finished by the app, rescued after the phone died, still open, and abandoned.

SELECT
  (began AT TIME ZONE 'utc')::date AS day,
  sum(amount) AS started,
  sum(amount) FILTER (WHERE outcome = 'finished') AS finished,
  sum(amount) FILTER (WHERE outcome = 'rescued') AS rescued,
  sum(amount) FILTER (WHERE outcome = 'open') AS open,
  sum(amount) FILTER (WHERE outcome = 'abandoned') AS abandoned
FROM (
  SELECT created_at AS began, CASE WHEN rescued THEN 'rescued' ELSE 'finished' END AS outcome, 1 AS amount
  FROM public.recordings
  UNION ALL
  SELECT created_at, CASE WHEN state = 'abandoned' THEN 'abandoned' ELSE 'open' END, 1 FROM ops.upload_reservations
  UNION ALL
  SELECT hour, 'abandoned', amount FROM ops.tallies WHERE measure = 'upload_abandoned'
) AS upload
WHERE began > now() - interval '30 days'
GROUP BY day
ORDER BY day DESC;
