CREATE OR REPLACE FUNCTION ops.flags_overview(p_limit integer)
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_now timestamptz := clock_timestamp();
BEGIN
  RETURN jsonb_build_object(
    'deleting_armed', ops.deleting_is_armed(),
    'flags', coalesce((
      SELECT jsonb_agg(
        to_jsonb(flag) - ARRAY['id', 'bound_to', 'created_at'] || jsonb_build_object('over', coalesce(flag.until_at <= v_now, false))
        ORDER BY flag.name, flag.family_id NULLS FIRST, flag.source)
      FROM ops.feature_flags AS flag
      WHERE flag.bound_to IS NULL
    ), '[]'),
    'changes', coalesce((
      SELECT jsonb_agg(to_jsonb(newest) - ARRAY['id', 'updated_at'] ORDER BY newest.created_at DESC)
      FROM (SELECT * FROM ops.flag_changes ORDER BY created_at DESC LIMIT p_limit) AS newest
    ), '[]'));
END
$$;
COMMENT ON FUNCTION ops.flags_overview IS
  'Flags and switches for an operator: every row that is set, whether its time is over, and the newest p_limit changes.';
SELECT ops.publish_function('ops.flags_overview', 'app_service');
