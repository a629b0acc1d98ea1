CREATE OR REPLACE FUNCTION ops.sweep_tx(p_limit integer DEFAULT 5000)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_now timestamptz := clock_timestamp();
  v_swept jsonb := '{}';
  v_count integer;
  v_what record;
BEGIN
  FOR v_what IN
    SELECT * FROM (VALUES
      ('ops.idempotency_keys', 'created_at < $1', ops.idempotency_period()),
      ('ops.message_answers', 'created_at < $1', interval '10 minutes'),
      ('ops.call_counts', 'updated_at < $1', interval '2 days'),
      ('ops.invite_mails', 'created_at < $1', interval '2 days'),
      ('ops.tallies', 'hour < $1', interval '35 days'),
      ('ops.schedule_runs', 'started_at < $1', interval '30 days'),
      ('ops.alert_digest', 'sent_at < $1', interval '90 days'),
      -- Stripe repeats an event for thirty days; what an older one paid for is in the entitlement.
      ('ops.stripe_events', 'created_at < $1 AND state IN (''applied'', ''ignored'')', interval '400 days'),
      ('ops.dead_jobs', 'died_at < $1', interval '90 days'),
      ('ops.audit_runs', 'started_at < $1', interval '400 days'),
      ('ops.anomalies', 'created_at < $1', interval '400 days')
    ) AS what (name, expired, age)
  LOOP
    -- At most p_limit rows a table, so that no other transaction waits for long; the next sweep deletes the rest.
    EXECUTE format(
      'DELETE FROM %1$s WHERE ctid = ANY (ARRAY(SELECT ctid FROM %1$s WHERE %2$s LIMIT $2 FOR UPDATE SKIP LOCKED))',
      v_what.name, v_what.expired) USING v_now - v_what.age, p_limit;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    IF v_count > 0 THEN
      v_swept := v_swept || jsonb_build_object(split_part(v_what.name, '.', 2), v_count);
    END IF;
  END LOOP;
  RETURN v_swept;
END
$$;
COMMENT ON FUNCTION ops.sweep_tx IS
  'Deletes rows that are no longer needed: counters and tallies, idempotency keys, answers kept for a repetition, mail budgets, old runs and reports, jobs that died 90 days ago. Never a waiting job, nor anything of a family.';
SELECT ops.publish_function('ops.sweep_tx', 'app_service');
