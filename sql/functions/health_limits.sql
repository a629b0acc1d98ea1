CREATE OR REPLACE FUNCTION ops.health_limits()
RETURNS TABLE (name text, measure text, warn_at bigint, fail_at bigint)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
  VALUES
    -- fail: voices are at risk, or what families asked for is not done. warn: an operator should look within the day.
    ('queue', 'seconds', 300, 1800),
    ('queue', 'count', 1000, 10000),
    ('dead_jobs', 'count', 1, 100),
    ('alarms', 'critical', 1, NULL),
    ('copies', 'seconds', 86400, 259200),
    ('audit', 'seconds', 108000, 345600),
    ('audit', 'missing', 1, 1),
    ('audit', 'differing', 1, NULL),
    ('drill', 'seconds', 3024000, NULL),
    ('deleting', 'disarmed', 1, NULL),
    -- Every schedule of app.py, by the seconds since its last success ...
    ('schedule/process_jobs', 'seconds', 300, 900),
    ('schedule/send_error_digest', 'seconds', 1200, 3600),
    ('schedule/settle_uploads', 'seconds', 2700, 10800),
    ('schedule/copy_recordings', 'seconds', 2700, 86400),
    ('schedule/cleanup_media', 'seconds', 10800, NULL),
    ('schedule/audit_storage', 'seconds', 108000, 345600),
    ('schedule/reconcile_billing', 'seconds', 108000, 345600),
    -- ... and by its runs since then that did not end, whatever its period.
    ('schedule', 'failures', 1, NULL)
$$;
COMMENT ON FUNCTION ops.health_limits IS
  'From which value on a check of /health warns or fails: the one place where this is decided. fail_at NULL: it never fails. Seconds are those since the last success, or of the oldest.';
SELECT ops.publish_function('ops.health_limits');
