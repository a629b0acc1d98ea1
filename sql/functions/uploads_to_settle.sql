CREATE OR REPLACE FUNCTION ops.uploads_to_settle(p_before timestamptz, p_limit integer)
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_before timestamptz := coalesce(p_before, clock_timestamp());
  v_uploads jsonb;
BEGIN
  -- Two index scans that end at the limit. A single order over both would sort every upload that was ever looked at.
  WITH first_looks AS (
    SELECT id, object_key, waveform_key, url_expires_at AS due_at, 1 AS turn
    FROM ops.upload_reservations
    WHERE state = 'pending' AND next_look_at IS NULL AND url_expires_at <= v_before
    ORDER BY url_expires_at, id
    LIMIT p_limit
  ), next_looks AS (
    SELECT id, object_key, waveform_key, next_look_at AS due_at, 2 AS turn
    FROM ops.upload_reservations
    WHERE state = 'pending' AND next_look_at <= v_before
    ORDER BY next_look_at, id
    LIMIT p_limit
  ), due AS (
    SELECT * FROM first_looks UNION ALL SELECT * FROM next_looks
    ORDER BY turn, due_at, id
    LIMIT p_limit
  )
  SELECT jsonb_agg(
    jsonb_build_object('id', id, 'object_key', object_key, 'waveform_key', waveform_key) ORDER BY turn, due_at, id
  ) INTO v_uploads
  FROM due;
  RETURN jsonb_build_object('before', v_before, 'uploads', coalesce(v_uploads, '[]'));
END
$$;
COMMENT ON FUNCTION ops.uploads_to_settle IS
  'Pending uploads to look at: first those never looked at since their URL expired, then those whose next look is due, longest due first. Each look moves the next one past `before`, so a caller that passes `before` on gets each of them once, and a run that was cut off is continued by the next.';
SELECT ops.publish_function('ops.uploads_to_settle', 'app_service');
