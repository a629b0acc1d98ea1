CREATE OR REPLACE FUNCTION ops.enqueue_copies_tx(p_after_created_at timestamptz, p_after_id uuid, p_limit integer)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_recording record;
  v_seen integer := 0;
  v_last jsonb;
BEGIN
  -- While the kind is paused no worker would take these jobs, and they would count as overdue.
  IF 'copy_recording' = ANY (ops.paused_kinds()) THEN
    RETURN '{"last": null}';
  END IF;
  FOR v_recording IN
    SELECT id, family_id, created_at
    FROM public.recordings
    WHERE copied_at IS NULL AND purging_at IS NULL
      AND (p_after_id IS NULL OR (created_at, id) > (p_after_created_at, p_after_id))
    ORDER BY created_at, id
    LIMIT p_limit
  LOOP
    v_seen := v_seen + 1;
    v_last := jsonb_build_object('created_at', v_recording.created_at, 'id', v_recording.id);
    -- A dead job comes back by an operator's requeue alone: this one killed its workers.
    CONTINUE WHEN EXISTS (SELECT FROM ops.dead_jobs WHERE dedupe_key = 'copy/' || v_recording.id);
    PERFORM ops.enqueue_job(
      'copy_recording',
      jsonb_build_object('recording_id', v_recording.id),
      p_lane => 'copies/' || v_recording.family_id,
      p_dedupe_key => 'copy/' || v_recording.id);
  END LOOP;
  RETURN jsonb_build_object('last', CASE WHEN v_seen = p_limit THEN v_last END);
END
$$;
COMMENT ON FUNCTION ops.enqueue_copies_tx IS
  'Enqueues a job for each of the next p_limit recordings without a second copy, oldest first, where none waits or is dead. Those in the trash too: they may be restored. last: where the next page begins; null at the end, and while the kind is paused.';
SELECT ops.publish_function('ops.enqueue_copies_tx', 'app_service');
