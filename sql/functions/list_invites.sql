CREATE OR REPLACE FUNCTION wire.list_invites(p_family_id uuid, p_limit integer, p_after_at timestamptz, p_after_id uuid)
RETURNS json
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
  v_after_at timestamptz := coalesce(p_after_at, 'infinity');
  v_after_id uuid := coalesce(p_after_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
BEGIN
  IF NOT EXISTS (
    SELECT FROM wire.members WHERE family_id = p_family_id AND user_id = auth.uid() AND role = 'keeper'
  ) THEN
    RETURN NULL;
  END IF;
  RETURN json_build_object('invites', coalesce((
    SELECT json_agg(page ORDER BY page.created_at DESC, page.id DESC)
    FROM (
      SELECT *
      FROM wire.invites
      WHERE family_id = p_family_id
        AND (created_at, id) < (v_after_at, v_after_id)
      ORDER BY created_at DESC, id DESC
      LIMIT p_limit + 1
    ) AS page
  ), '[]'));
END
$$;
COMMENT ON FUNCTION wire.list_invites IS
  'A family''s invites before a place, newest first; null for whoever is no keeper. One more than p_limit, to show that there is a next page.';
SELECT ops.publish_function('wire.list_invites', 'authenticated');
