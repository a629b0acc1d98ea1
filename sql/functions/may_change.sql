CREATE OR REPLACE FUNCTION ops.may_change(p_family_id uuid, p_created_by uuid)
RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT rls.is_keeper_of(p_family_id) OR (p_created_by IS NOT DISTINCT FROM auth.uid() AND rls.is_member_of(p_family_id))
$$;
COMMENT ON FUNCTION ops.may_change IS
  'Whether the caller may change what p_created_by made in the family: that person while a member, or a keeper. A seeded prompt (p_created_by null) is changed by keepers alone.';
SELECT ops.publish_function('ops.may_change');
