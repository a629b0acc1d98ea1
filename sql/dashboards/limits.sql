-- Rate limits that were met in the last two days: by class, how many callers, how often. Empty where Redis counts the calls.

SELECT
  -- Without the caller's part, which is a person's id or an address.
  CASE WHEN key LIKE 'wrong-code/%' THEN 'wrong-code/' || split_part(key, '/', 2) ELSE split_part(key, ':', 1) END AS class,
  count(*) AS callers,
  sum(refused) AS refused,
  max(refused) AS most_of_one_caller,
  max(updated_at) AS last_call
FROM ops.call_counts
WHERE refused > 0
GROUP BY class
ORDER BY refused DESC, class;
