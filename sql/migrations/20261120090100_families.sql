-- Families, the people in them, and the helpers every policy stands on.

-- Tables ----------------------------------------------------------------------------------------

CREATE TABLE public.families (
  id UUID NOT NULL DEFAULT gen_random_uuid(),
  name TEXT NOT NULL,
  locale TEXT NOT NULL DEFAULT 'en',
  created_by UUID,
  last_verified_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT families_pkey PRIMARY KEY (id),
  CONSTRAINT families_created_by_fkey FOREIGN KEY (created_by) REFERENCES auth.users (id) ON DELETE SET NULL,
  CONSTRAINT families_name_length CHECK (char_length(name) BETWEEN 1 AND 80),
  CONSTRAINT families_locale_known CHECK (locale IN ('en', 'es', 'fr'))
);
COMMENT ON TABLE public.families IS 'A family: the tenant. Everything else hangs below one.';
COMMENT ON COLUMN public.families.last_verified_at IS 'When the nightly audit last held every recording of the family against the bucket and found it whole.';

CREATE TABLE public.family_members (
  id UUID NOT NULL DEFAULT gen_random_uuid(),
  family_id UUID NOT NULL,
  user_id UUID NOT NULL,
  role TEXT NOT NULL,
  display_name TEXT,
  joined_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT family_members_pkey PRIMARY KEY (id),
  CONSTRAINT family_members_user_family_key UNIQUE (user_id, family_id),
  CONSTRAINT family_members_family_fkey FOREIGN KEY (family_id) REFERENCES public.families (id) ON DELETE CASCADE,
  -- RESTRICT: deleting an account must not take a family's last keeper along in silence.
  CONSTRAINT family_members_user_fkey FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE RESTRICT,
  CONSTRAINT family_members_role_known CHECK (role IN ('keeper', 'storyteller')),
  CONSTRAINT family_members_display_name_length CHECK (char_length(display_name) BETWEEN 1 AND 80)
);
COMMENT ON TABLE public.family_members IS 'Who belongs to which family, and as what. Read on every request: a token never says who is a member.';

CREATE TABLE public.profiles (
  id UUID NOT NULL DEFAULT gen_random_uuid(),
  user_id UUID NOT NULL,
  display_name TEXT,
  locale TEXT NOT NULL DEFAULT 'en',
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT profiles_pkey PRIMARY KEY (id),
  CONSTRAINT profiles_user_key UNIQUE (user_id),
  CONSTRAINT profiles_user_fkey FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE,
  CONSTRAINT profiles_display_name_length CHECK (char_length(display_name) BETWEEN 1 AND 80),
  CONSTRAINT profiles_locale_known CHECK (locale IN ('en', 'es', 'fr'))
);
COMMENT ON TABLE public.profiles IS 'A person''s own name and language: what a new membership starts with. What a family sees is family_members.display_name.';

-- Indexes ---------------------------------------------------------------------------------------

CREATE INDEX idx_families_created_by ON public.families (created_by);
CREATE INDEX idx_family_members_family ON public.family_members (family_id, joined_at, id);

-- Helpers of the policies -----------------------------------------------------------------------
-- STABLE SECURITY DEFINER: they read memberships past the policy that itself calls them, so nothing recurses.

CREATE FUNCTION rls.user_family_ids()
RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT family_id FROM public.family_members WHERE user_id = auth.uid()
$$;
COMMENT ON FUNCTION rls.user_family_ids() IS 'The families of the caller; none without a user.';

CREATE FUNCTION rls.is_member_of(p_family_id uuid)
RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT EXISTS (SELECT FROM public.family_members WHERE user_id = auth.uid() AND family_id = p_family_id)
$$;
COMMENT ON FUNCTION rls.is_member_of(uuid) IS 'Whether the caller belongs to the family; false without a user.';

CREATE FUNCTION rls.is_keeper_of(p_family_id uuid)
RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT EXISTS (
    SELECT FROM public.family_members
    WHERE user_id = auth.uid() AND family_id = p_family_id AND role = 'keeper'
  )
$$;
COMMENT ON FUNCTION rls.is_keeper_of(uuid) IS 'Whether the caller keeps the family; false without a user.';

SELECT ops.publish('rls.user_family_ids', 'authenticated');
SELECT ops.publish('rls.is_member_of', 'authenticated');
SELECT ops.publish('rls.is_keeper_of', 'authenticated');

-- Triggers --------------------------------------------------------------------------------------

CREATE TRIGGER set_updated_at BEFORE UPDATE ON public.families
  FOR EACH ROW EXECUTE FUNCTION public.trigger_set_updated_at();
CREATE TRIGGER set_updated_at BEFORE UPDATE ON public.family_members
  FOR EACH ROW EXECUTE FUNCTION public.trigger_set_updated_at();
CREATE TRIGGER set_updated_at BEFORE UPDATE ON public.profiles
  FOR EACH ROW EXECUTE FUNCTION public.trigger_set_updated_at();

-- The functions that let somebody go lock the family first; this is the second wall, for whatever forgets to.
CREATE FUNCTION public.trigger_family_keeps_a_keeper()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF OLD.role = 'keeper'
     AND EXISTS (SELECT FROM public.families WHERE id = OLD.family_id)
     AND NOT EXISTS (SELECT FROM public.family_members WHERE family_id = OLD.family_id AND role = 'keeper')
  THEN
    RAISE EXCEPTION 'a family always keeps a keeper' USING ERRCODE = 'check_violation', CONSTRAINT = 'family_keeps_a_keeper';
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION public.trigger_family_keeps_a_keeper() IS 'Refuses, at commit, whatever would leave a family without a keeper.';
SELECT ops.publish('public.trigger_family_keeps_a_keeper');

CREATE CONSTRAINT TRIGGER family_keeps_a_keeper
  AFTER UPDATE OF role, family_id OR DELETE ON public.family_members
  DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION public.trigger_family_keeps_a_keeper();

-- Row-level security and grants -----------------------------------------------------------------

ALTER TABLE public.families OWNER TO app_owner;
ALTER TABLE public.family_members OWNER TO app_owner;
ALTER TABLE public.profiles OWNER TO app_owner;

ALTER TABLE public.families ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.family_members ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.profiles ENABLE ROW LEVEL SECURITY;

REVOKE ALL ON public.families, public.family_members, public.profiles FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT (id, name, locale, last_verified_at, created_at, updated_at) ON public.families TO authenticated;
GRANT SELECT (id, family_id, user_id, role, display_name, joined_at, created_at, updated_at) ON public.family_members TO authenticated;
GRANT SELECT ON public.profiles TO authenticated;

CREATE POLICY "Members read their families" ON public.families FOR SELECT TO authenticated
  USING (id = ANY (ARRAY(SELECT rls.user_family_ids())));
CREATE POLICY "Members see who else is in their families" ON public.family_members FOR SELECT TO authenticated
  USING (family_id = ANY (ARRAY(SELECT rls.user_family_ids())));
CREATE POLICY "A person reads their own profile" ON public.profiles FOR SELECT TO authenticated
  USING (user_id = (SELECT auth.uid()));
