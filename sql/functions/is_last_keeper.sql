CREATE OR REPLACE FUNCTION ops.is_last_keeper(p_family_id uuid, p_user_id uuid)
RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT array_agg(user_id) = ARRAY[p_user_id]
  FROM public.family_members
  WHERE family_id = p_family_id AND role = 'keeper'
$$;
COMMENT ON FUNCTION ops.is_last_keeper IS
  'Whether this person is the only keeper of the family. Valid while the caller holds the lock of the family''s row.';
SELECT ops.publish_function('ops.is_last_keeper');
