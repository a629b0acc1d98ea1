DROP TABLE public.profiles;
DROP TABLE public.family_members CASCADE;
DROP TABLE public.families CASCADE;
DROP FUNCTION public.trigger_family_keeps_a_keeper();
DROP FUNCTION rls.is_keeper_of(uuid);
DROP FUNCTION rls.is_member_of(uuid);
DROP FUNCTION rls.user_family_ids();
