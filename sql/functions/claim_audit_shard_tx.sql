CREATE OR REPLACE FUNCTION ops.claim_audit_shard_tx(p_run_id uuid, p_lease_seconds integer, p_failed text[])
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_now timestamptz := clock_timestamp();
  v_shard ops.audit_shards;
BEGIN
  UPDATE ops.audit_shards
  SET lease_token = gen_random_uuid(), leased_until = v_now + p_lease_seconds * interval '1 second'
  WHERE id = (
    SELECT id FROM ops.audit_shards
    WHERE run_id = p_run_id AND finished_at IS NULL AND shard <> ALL (p_failed)
      AND (leased_until IS NULL OR leased_until <= v_now)
    -- The one that waited longest, so that all shards end at about the same time and no worker is idle before.
    ORDER BY updated_at, shard
    LIMIT 1
    FOR UPDATE SKIP LOCKED)
  RETURNING * INTO v_shard;
  RETURN jsonb_build_object('shard', CASE WHEN v_shard.id IS NOT NULL THEN jsonb_build_object(
    'shard', v_shard.shard, 'position', v_shard.position, 'lease_token', v_shard.lease_token,
    'keys_after', v_shard.keys_after, 'keys_up_to', v_shard.keys_up_to, 'families_after', v_shard.families_after) END);
END
$$;
COMMENT ON FUNCTION ops.claim_audit_shard_tx IS
  'Claims a shard of an audit that is not finished and that no other worker holds, under a lease and a fencing token. p_failed: shards that failed in the caller''s hands. shard is null where there is none.';
SELECT ops.publish_function('ops.claim_audit_shard_tx', 'app_service');
