CREATE OR REPLACE FUNCTION ops.end_uploads_of(p_family_id uuid, p_user_id uuid)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_now timestamptz;
BEGIN
  SELECT locked_at INTO v_now FROM ops.lock_family_storage(p_family_id);
  -- A signed URL cannot be revoked. So the reservation stays and is watched as before, and settle_uploads parks what is
  -- stored from now on; but it holds no bytes any more.
  UPDATE ops.upload_reservations
  SET uploader_left_at = v_now,
      url_expires_at = least(url_expires_at, v_now),
      live_until = least(live_until, v_now),
      -- Soon: what was stored before is the family's at once.
      looks = 0,
      next_look_at = NULL
  WHERE family_id = p_family_id AND user_id = p_user_id AND state = 'pending';
END
$$;
COMMENT ON FUNCTION ops.end_uploads_of IS
  'Ends the pending uploads of a member who leaves or is removed: they hold no bytes any more. What was stored before becomes their recording, what is stored later is parked for a keeper.';
SELECT ops.publish_function('ops.end_uploads_of');
