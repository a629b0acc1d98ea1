CREATE OR REPLACE FUNCTION ops.requeue_kind_tx(p_kind text, p_limit integer)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_requeued integer;
BEGIN
  SELECT count(*) INTO v_requeued
  FROM (SELECT id FROM ops.dead_jobs WHERE kind = p_kind ORDER BY enqueued_at LIMIT p_limit) AS dead
  WHERE (ops.requeue_job_tx(dead.id) ->> 'requeued')::boolean;
  RETURN jsonb_build_object(
    'requeued', v_requeued, 'left', (SELECT count(*) FROM ops.dead_jobs WHERE kind = p_kind));
END
$$;
COMMENT ON FUNCTION ops.requeue_kind_tx IS 'Moves the dead jobs of a kind back into the queue, at most p_limit, the oldest first; left counts those that stay.';
SELECT ops.publish_function('ops.requeue_kind_tx', 'app_service');
