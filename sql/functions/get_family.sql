CREATE OR REPLACE FUNCTION wire.get_family(p_family_id uuid)
RETURNS json
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
  RETURN (
    SELECT json_build_object('family', family)
    FROM wire.families AS family
    WHERE family.id = p_family_id
  );
END
$$;
COMMENT ON FUNCTION wire.get_family IS
  'One family of the caller, null for whoever is no member.';
SELECT ops.publish_function('wire.get_family', 'authenticated');
