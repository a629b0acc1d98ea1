CREATE OR REPLACE FUNCTION ops.update_family_tx(p_family_id uuid, p_changes jsonb)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_refusal jsonb;
BEGIN
  IF NOT ops.lock_family_as_keeper(p_family_id) THEN
    RETURN ops.refuse('FORBIDDEN');
  END IF;
  v_refusal := ops.refuse_by_switch('writes', p_family_id);
  IF v_refusal IS NOT NULL THEN
    RETURN v_refusal;
  END IF;
  UPDATE public.families
  SET name = coalesce(p_changes ->> 'name', name),
      locale = coalesce(p_changes ->> 'locale', locale)
  WHERE id = p_family_id AND p_changes <> '{}';
  RETURN (
    SELECT jsonb_build_object('family', to_jsonb(family))
    FROM wire.families AS family
    WHERE family.id = p_family_id
  );
END
$$;
COMMENT ON FUNCTION ops.update_family_tx IS
  'Changes those of {name, locale} that p_changes names. Refuses FORBIDDEN unless the caller is a keeper, FAMILY_SUSPENDED.';
SELECT ops.publish_function('ops.update_family_tx', 'app_service');
