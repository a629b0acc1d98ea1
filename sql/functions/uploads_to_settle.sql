CREATE OR REPLACE FUNCTION ops.uploads_to_settle(p_before timestamptz, p_limit integer)
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_before timestamptz := coalesce(p_before, clock_timestamp());
  v_uploads jsonb;
BEGIN
  SELECT jsonb_agg(to_jsonb(due) ORDER BY due.position) INTO v_uploads
  FROM (
    SELECT id, object_key, row_number() OVER (ORDER BY updated_at, id) AS position
    FROM ops.upload_reservations
    WHERE state = 'pending' AND url_expires_at <= clock_timestamp() AND updated_at < v_before
    ORDER BY updated_at, id
    LIMIT p_limit
  ) AS due;
  RETURN jsonb_build_object('before', v_before, 'uploads', coalesce(v_uploads, '[]'));
END
$$;
COMMENT ON FUNCTION ops.uploads_to_settle IS
  'Pending uploads whose URL has expired, the one not looked at for longest first. Each look sets updated_at, so a caller that passes `before` on gets each of them once, and a run that was cut off is continued by the next.';
SELECT ops.publish_function('ops.uploads_to_settle', 'app_service');
