CREATE OR REPLACE FUNCTION wire.list_families(p_limit integer, p_after_at timestamptz, p_after_id uuid)
RETURNS json
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
  v_after_at timestamptz := coalesce(p_after_at, '-infinity');
  v_after_id uuid := coalesce(p_after_id, '00000000-0000-0000-0000-000000000000');
BEGIN
  RETURN json_build_object('families', coalesce((
    SELECT json_agg(page ORDER BY page.joined_at, page.id)
    FROM (
      SELECT *
      FROM wire.families
      WHERE (joined_at, id) > (v_after_at, v_after_id)
      ORDER BY joined_at, id
      LIMIT p_limit + 1
    ) AS page
  ), '[]'));
END
$$;
COMMENT ON FUNCTION wire.list_families IS
  'The caller''s families from after a place on, the one they joined first leading: it is the active one. One more than p_limit, to show that there is a next page.';
SELECT ops.publish_function('wire.list_families', 'authenticated');
