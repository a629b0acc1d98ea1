CREATE OR REPLACE FUNCTION ops.set_flag_tx(
  p_name text,
  p_family_id uuid,
  p_enabled boolean,
  p_share integer,
  p_until timestamptz,
  p_by text,
  p_why text,
  p_source text DEFAULT 'operator'
)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF p_family_id IS NOT NULL AND NOT EXISTS (SELECT FROM public.families WHERE id = p_family_id) THEN
    RETURN ops.refuse('NOT_FOUND');
  END IF;
  IF p_enabled IS NULL THEN
    DELETE FROM ops.feature_flags
    WHERE name = p_name AND family_id IS NOT DISTINCT FROM p_family_id AND source = p_source AND bound_to IS NULL;
  ELSE
    INSERT INTO ops.feature_flags (name, family_id, source, enabled, share, until_at, changed_by, note)
    VALUES (p_name, p_family_id, p_source, p_enabled, p_share, p_until, p_by, p_why)
    ON CONFLICT (name, family_id, source) DO UPDATE SET
      enabled = excluded.enabled,
      share = excluded.share,
      until_at = excluded.until_at,
      changed_by = excluded.changed_by,
      note = excluded.note
    WHERE feature_flags.bound_to IS NULL;
  END IF;
  IF NOT FOUND THEN
    RETURN '{"changed": false}';
  END IF;
  INSERT INTO ops.flag_changes (name, family_id, source, enabled, share, until_at, changed_by, why)
  VALUES (p_name, p_family_id, p_source, p_enabled, CASE WHEN p_enabled THEN p_share END, p_until, p_by, p_why);
  RETURN '{"changed": true}';
END
$$;
COMMENT ON FUNCTION ops.set_flag_tx IS
  'Sets a flag for a family or, null, for all; p_enabled null clears it. The change is kept in ops.flag_changes. What is bound to a database, deleting_armed, is left alone. Refuses NOT_FOUND for an unknown family.';
SELECT ops.publish_function('ops.set_flag_tx', 'app_service');
