CREATE OR REPLACE FUNCTION wire.list_recordings(
  p_family_id uuid, p_trashed boolean, p_prompt_id uuid, p_limit integer, p_after_at timestamptz, p_after_id uuid
)
RETURNS json
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
  v_after_at timestamptz := coalesce(p_after_at, 'infinity');
  v_after_id uuid := coalesce(p_after_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  v_page json;
BEGIN
  IF NOT EXISTS (
    SELECT FROM wire.members WHERE family_id = p_family_id AND user_id = auth.uid()
  ) THEN
    RETURN NULL;
  END IF;

  -- One statement for each index: a plan that is kept cannot choose by the values.
  IF p_trashed THEN
    SELECT json_agg(page ORDER BY page.created_at DESC, page.id DESC) INTO v_page
    FROM (
      SELECT *
      FROM wire.recordings
      WHERE family_id = p_family_id
        AND deleted_at IS NOT NULL
        AND (p_prompt_id IS NULL OR prompt_id = p_prompt_id)
        AND (created_at, id) < (v_after_at, v_after_id)
      ORDER BY created_at DESC, id DESC
      LIMIT p_limit + 1
    ) AS page;
  ELSIF p_prompt_id IS NOT NULL THEN
    SELECT json_agg(page ORDER BY page.created_at DESC, page.id DESC) INTO v_page
    FROM (
      SELECT *
      FROM wire.recordings
      WHERE family_id = p_family_id
        AND deleted_at IS NULL
        AND prompt_id = p_prompt_id
        AND (created_at, id) < (v_after_at, v_after_id)
      ORDER BY created_at DESC, id DESC
      LIMIT p_limit + 1
    ) AS page;
  ELSE
    SELECT json_agg(page ORDER BY page.created_at DESC, page.id DESC) INTO v_page
    FROM (
      SELECT *
      FROM wire.recordings
      WHERE family_id = p_family_id
        AND deleted_at IS NULL
        AND (created_at, id) < (v_after_at, v_after_id)
      ORDER BY created_at DESC, id DESC
      LIMIT p_limit + 1
    ) AS page;
  END IF;
  RETURN json_build_object('recordings', coalesce(v_page, '[]'));
END
$$;
COMMENT ON FUNCTION wire.list_recordings IS
  'A family''s recordings or its trash before a place, newest first; null for whoever is no member. One more than p_limit, to show that there is a next page.';
SELECT ops.publish_function('wire.list_recordings', 'authenticated');
