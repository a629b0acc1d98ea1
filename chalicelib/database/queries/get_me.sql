-- The caller; who never said anything about themselves has no name and reads English.
SELECT jsonb_build_object('me', jsonb_build_object(
  'user_id', me.user_id,
  'display_name', profile.display_name,
  'locale', coalesce(profile.locale, 'en')
))
FROM (SELECT %(user_id)s::uuid AS user_id) AS me
LEFT JOIN public.profiles AS profile USING (user_id)
