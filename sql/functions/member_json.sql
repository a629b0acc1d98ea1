CREATE OR REPLACE FUNCTION ops.member_json(p_family_id uuid, p_user_id uuid)
RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT to_jsonb(member) - 'family_id' FROM wire.members AS member WHERE family_id = p_family_id AND user_id = p_user_id
$$;
COMMENT ON FUNCTION ops.member_json IS
  'A member as the API returns them, for the functions of app_owner. Null for a person who is no member.';
SELECT ops.publish_function('ops.member_json');
