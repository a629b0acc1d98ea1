CREATE OR REPLACE FUNCTION ops.upload_mismatch(p_reservation ops.upload_reservations, p_object jsonb)
RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE
    WHEN (p_object ->> 'size_bytes')::bigint IS DISTINCT FROM p_reservation.size_bytes THEN 'size'
    WHEN p_object ->> 'content_type' IS DISTINCT FROM p_reservation.content_type THEN 'content_type'
    WHEN NOT coalesce((p_object ->> 'is_mp4')::boolean, false) THEN 'content'
  END
$$;
COMMENT ON FUNCTION ops.upload_mismatch IS
  'The first respect in which the stored object {size_bytes, content_type, is_mp4} differs from what was declared; null when in none.';
SELECT ops.publish_function('ops.upload_mismatch');
