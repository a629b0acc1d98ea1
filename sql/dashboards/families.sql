-- Families that are active: in which a recording was made, or an upload begun, in the last day, week and month; and all.

SELECT window_name AS "window", count(DISTINCT family_id) AS active, (SELECT count(*) FROM public.families) AS families
FROM (VALUES ('1 day', interval '1 day'), ('7 days', interval '7 days'), ('30 days', interval '30 days')) AS spans (window_name, span)
LEFT JOIN (
  SELECT family_id, created_at FROM public.recordings
  UNION ALL
  SELECT family_id, created_at FROM ops.upload_reservations
) AS doing ON doing.created_at > now() - span
GROUP BY window_name, span
ORDER BY span;
