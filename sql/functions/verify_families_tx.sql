CREATE OR REPLACE FUNCTION ops.verify_families_tx(
  p_run_id uuid,
  p_shard text,
  p_lease_token uuid,
  p_after uuid,
  p_limit integer,
  p_position_prefix text
)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_started_at timestamptz;
  v_shard ops.audit_shards;
  v_ids uuid[];
  v_family record;
  v_drifted integer := 0;
BEGIN
  SELECT * INTO v_shard FROM ops.audit_shards
  WHERE run_id = p_run_id AND shard = p_shard AND lease_token = p_lease_token FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN '{"lost": true, "last": null}';
  END IF;
  SELECT started_at INTO STRICT v_started_at FROM ops.audit_runs WHERE id = p_run_id;
  v_ids := ARRAY(
    SELECT id FROM public.families
    WHERE (p_after IS NULL OR id > p_after) AND (v_shard.families_up_to IS NULL OR id <= v_shard.families_up_to)
    ORDER BY id LIMIT p_limit);

  -- One statement, one snapshot: the three figures of a family are of the same moment.
  FOR v_family IN
    SELECT
      entitlement.family_id,
      entitlement.storage_used_bytes AS used_bytes,
      (SELECT coalesce(sum(delta_bytes), 0)::bigint FROM public.usage_ledger WHERE family_id = entitlement.family_id) AS ledger_bytes,
      kept.bytes AS kept_bytes,
      kept.elsewhere,
      EXISTS (
        SELECT FROM ops.anomalies
        WHERE family_id = entitlement.family_id AND kind IN ('audit_missing', 'audit_differing') AND created_at >= v_started_at
      ) AS broken
    FROM public.entitlements AS entitlement
    CROSS JOIN LATERAL (
      SELECT
        coalesce(sum(size_bytes + waveform_size_bytes), 0)::bigint AS bytes,
        -- The keys of a family are in its own shard. Whether the object of any other key is there, this shard does not know.
        coalesce(bool_or(
          object_key COLLATE "C" <= v_shard.keys_after OR object_key COLLATE "C" > v_shard.keys_up_to), false) AS elsewhere
      FROM public.recordings WHERE family_id = entitlement.family_id
    ) AS kept
    WHERE entitlement.family_id = ANY (v_ids)
    ORDER BY entitlement.family_id
  LOOP
    IF v_family.used_bytes <> v_family.ledger_bytes OR v_family.used_bytes <> v_family.kept_bytes THEN
      v_drifted := v_drifted + 1;
      PERFORM ops.note_anomaly('audit_drifted', v_family.family_id, NULL, jsonb_build_object(
        'run_id', p_run_id, 'used_bytes', v_family.used_bytes, 'ledger_bytes', v_family.ledger_bytes, 'kept_bytes', v_family.kept_bytes));
    ELSIF NOT v_family.broken AND NOT v_family.elsewhere THEN
      UPDATE public.families SET last_verified_at = clock_timestamp() WHERE id = v_family.family_id;
    END IF;
  END LOOP;

  IF v_drifted > 0 THEN
    PERFORM ops.note_alert('audit-drifted', 'error', 'Families whose used bytes, ledger and recordings differ: see ops.anomalies.');
  END IF;
  UPDATE ops.audit_shards
  SET drifted = drifted + v_drifted,
      position = coalesce(p_position_prefix || v_ids[cardinality(v_ids)], position)
  WHERE id = v_shard.id;
  RETURN jsonb_build_object('lost', false, 'last', v_ids[cardinality(v_ids)]);
END
$$;
COMMENT ON FUNCTION ops.verify_families_tx IS
  'Second half of a shard of an audit, one page of its families: compares used bytes, ledger and kept recordings. A family without any finding in this run gets last_verified_at. last is null past the end. lost: nothing was done, because another worker has the shard now.';
SELECT ops.publish_function('ops.verify_families_tx', 'app_service');
