CREATE OR REPLACE FUNCTION wire.get_me()
RETURNS json
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
  RETURN (
    SELECT json_build_object('me', json_build_object(
      'user_id', me.user_id,
      'display_name', profile.display_name,
      'locale', coalesce(profile.locale, 'en')
    ))
    FROM (SELECT auth.uid() AS user_id) AS me
    LEFT JOIN public.profiles AS profile USING (user_id)
  );
END
$$;
COMMENT ON FUNCTION wire.get_me IS
  'The caller; who never said anything about themselves has no name and reads English.';
SELECT ops.publish_function('wire.get_me', 'authenticated');
