CREATE OR REPLACE FUNCTION ops.uploads_to_settle(p_before timestamptz, p_limit integer)
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_before timestamptz := coalesce(p_before, pg_catalog.clock_timestamp());
  v_uploads jsonb;
BEGIN
  SELECT pg_catalog.jsonb_agg(pg_catalog.to_jsonb(due) ORDER BY due.position) INTO v_uploads
  FROM (
    SELECT id, object_key, pg_catalog.row_number() OVER (ORDER BY updated_at, id) AS position
    FROM ops.upload_reservations
    WHERE state = 'pending' AND url_expires_at <= pg_catalog.clock_timestamp() AND updated_at < v_before
    ORDER BY updated_at, id
    LIMIT p_limit
  ) AS due;
  RETURN pg_catalog.jsonb_build_object('before', v_before, 'uploads', coalesce(v_uploads, '[]'));
END
$$;
COMMENT ON FUNCTION ops.uploads_to_settle IS
  'Pending uploads whose URL has expired, the one not looked at for longest first. Every look stamps updated_at, so passing on `before` walks each of them once, and a run cut short goes on where it stopped.';
SELECT ops.publish_function('ops.uploads_to_settle', 'app_service');
