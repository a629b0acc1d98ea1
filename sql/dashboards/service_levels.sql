-- Service levels: what is promised, the present value, and the limit that it may reach. A broken one is alerted.

SELECT CASE WHEN met THEN 'pass' ELSE 'warn' END AS status, name, objective, value, limit_at
FROM ops.service_levels()
ORDER BY met, name;
