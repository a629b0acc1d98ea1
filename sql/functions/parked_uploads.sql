CREATE OR REPLACE FUNCTION ops.parked_uploads(p_family_id uuid, p_limit integer, p_after_at timestamptz, p_after_id uuid)
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT rls.is_keeper_of(p_family_id) THEN
    RETURN ops.refuse('FORBIDDEN');
  END IF;
  RETURN (
    SELECT jsonb_build_object(
      'uploads', coalesce(jsonb_agg(ops.parked_upload_json(page) ORDER BY page.created_at DESC, page.id DESC), '[]'))
    FROM (
      SELECT *
      FROM ops.upload_reservations
      WHERE family_id = p_family_id
        AND state = 'parked'
        AND watch_until > clock_timestamp()
        AND (p_after_at IS NULL OR (created_at, id) < (p_after_at, p_after_id))
      ORDER BY created_at DESC, id DESC
      LIMIT p_limit + 1
    ) AS page
  );
END
$$;
COMMENT ON FUNCTION ops.parked_uploads IS
  'A page of the family''s uploads that wait for a keeper''s decision, newest first, one row more than p_limit where there are more. Refuses FORBIDDEN unless the caller is a keeper.';
SELECT ops.publish_function('ops.parked_uploads', 'app_service');
