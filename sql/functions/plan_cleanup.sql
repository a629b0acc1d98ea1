CREATE OR REPLACE FUNCTION ops.plan_cleanup(p_limit integer)
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_now timestamptz := clock_timestamp();
  v_plan jsonb;
BEGIN
  SELECT jsonb_agg(to_jsonb(due) ORDER BY due.due_since, due.recording_id) INTO v_plan
  FROM (
    SELECT * FROM (
      SELECT 'purge' AS step, id AS recording_id, family_id, size_bytes + waveform_size_bytes AS size_bytes, deleted_at AS due_since
      FROM public.recordings
      WHERE deleted_at IS NOT NULL AND (purging_at IS NOT NULL OR deleted_at <= v_now - make_interval(days => rls.days_in_trash()))
      UNION ALL
      SELECT 'abandon', id, family_id, 0, watch_until
      FROM ops.upload_reservations
      WHERE state IN ('abandoned', 'parked') AND watch_until <= v_now
      UNION ALL
      SELECT 'stray_waveform', recording_id, family_id, 0, delete_after
      FROM ops.stray_waveforms
      WHERE delete_after <= v_now
    ) AS every
    ORDER BY every.due_since, every.recording_id
    LIMIT p_limit + 1
  ) AS due;
  v_plan := coalesce(v_plan, '[]');
  RETURN jsonb_build_object(
    'armed', ops.deleting_is_armed(),
    'capped', jsonb_array_length(v_plan) > p_limit,
    'steps', v_plan - p_limit);
END
$$;
COMMENT ON FUNCTION ops.plan_cleanup IS
  'What clean-up would delete now, by rows and by the clock of the database alone, at most p_limit; capped: there is more. A dry run and a real run read the same plan.';
SELECT ops.publish_function('ops.plan_cleanup', 'app_service');
