-- Invites: the way into a family. The code is never stored, only a keyed hash of it.

-- Tables ----------------------------------------------------------------------------------------

CREATE TABLE public.invites (
  id UUID NOT NULL DEFAULT gen_random_uuid(),
  family_id UUID NOT NULL,
  email TEXT,
  role TEXT NOT NULL DEFAULT 'storyteller',
  max_uses INTEGER NOT NULL DEFAULT 1,
  used_count INTEGER NOT NULL DEFAULT 0,
  generation INTEGER NOT NULL DEFAULT 1,
  code_hash BYTEA NOT NULL,
  expires_at TIMESTAMPTZ NOT NULL,
  revoked_at TIMESTAMPTZ,
  created_by UUID,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT invites_pkey PRIMARY KEY (id),
  CONSTRAINT invites_family_id_key UNIQUE (family_id, id),
  CONSTRAINT invites_code_hash_key UNIQUE (code_hash),
  CONSTRAINT invites_family_fkey FOREIGN KEY (family_id) REFERENCES public.families (id) ON DELETE CASCADE,
  CONSTRAINT invites_created_by_fkey FOREIGN KEY (created_by) REFERENCES auth.users (id) ON DELETE SET NULL,
  CONSTRAINT invites_role_known CHECK (role = 'storyteller'),
  CONSTRAINT invites_email_length CHECK (char_length(email) <= 254),
  CONSTRAINT invites_max_uses_range CHECK (max_uses BETWEEN 1 AND 20),
  CONSTRAINT invites_uses_within CHECK (used_count BETWEEN 0 AND max_uses),
  CONSTRAINT invites_generation_positive CHECK (generation > 0)
);
COMMENT ON TABLE public.invites IS 'Invitations to a family. code_hash is HMAC(secret, code); resending makes a new generation, and the old code ends.';

CREATE TABLE ops.removals (
  id UUID NOT NULL DEFAULT gen_random_uuid(),
  family_id UUID NOT NULL,
  user_id UUID NOT NULL,
  removed_by UUID,
  removed_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT removals_pkey PRIMARY KEY (id),
  CONSTRAINT removals_user_family_key UNIQUE (user_id, family_id),
  CONSTRAINT removals_family_fkey FOREIGN KEY (family_id) REFERENCES public.families (id) ON DELETE CASCADE,
  CONSTRAINT removals_user_fkey FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE,
  CONSTRAINT removals_removed_by_fkey FOREIGN KEY (removed_by) REFERENCES auth.users (id) ON DELETE SET NULL
);
COMMENT ON TABLE ops.removals IS 'Who was removed by a keeper, and when last: only an invite made later lets them back in. Leaving on one''s own is not here.';

CREATE TABLE ops.invite_mails (
  id UUID NOT NULL DEFAULT gen_random_uuid(),
  family_id UUID NOT NULL,
  email_hash BYTEA NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT invite_mails_pkey PRIMARY KEY (id),
  CONSTRAINT invite_mails_family_fkey FOREIGN KEY (family_id) REFERENCES public.families (id) ON DELETE CASCADE
);
COMMENT ON TABLE ops.invite_mails IS 'Invitations mailed in the last day, to bound them: 20 a family, 3 to one address. Holds a hash, never the address.';

-- Indexes ---------------------------------------------------------------------------------------

CREATE INDEX idx_invites_family ON public.invites (family_id, created_at DESC, id DESC);
CREATE INDEX idx_invites_created_by ON public.invites (created_by);
CREATE INDEX idx_removals_family ON ops.removals (family_id);
CREATE INDEX idx_removals_removed_by ON ops.removals (removed_by);
CREATE INDEX idx_invite_mails_family ON ops.invite_mails (family_id, created_at);
CREATE INDEX idx_invite_mails_email ON ops.invite_mails (email_hash, created_at);
CREATE INDEX idx_invite_mails_age ON ops.invite_mails (created_at);

-- Triggers --------------------------------------------------------------------------------------

CREATE TRIGGER set_updated_at BEFORE UPDATE ON public.invites
  FOR EACH ROW EXECUTE FUNCTION public.trigger_set_updated_at();
CREATE TRIGGER set_updated_at BEFORE UPDATE ON ops.removals
  FOR EACH ROW EXECUTE FUNCTION public.trigger_set_updated_at();
CREATE TRIGGER set_updated_at BEFORE UPDATE ON ops.invite_mails
  FOR EACH ROW EXECUTE FUNCTION public.trigger_set_updated_at();

-- Row-level security and grants -----------------------------------------------------------------

ALTER TABLE public.invites OWNER TO app_owner;
ALTER TABLE ops.removals OWNER TO app_owner;
ALTER TABLE ops.invite_mails OWNER TO app_owner;

ALTER TABLE public.invites ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.invites, ops.removals, ops.invite_mails FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT (id, family_id, email, role, max_uses, used_count, expires_at, revoked_at, created_by, created_at, updated_at)
  ON public.invites TO authenticated;

CREATE POLICY "Keepers read their family's invites" ON public.invites FOR SELECT TO authenticated
  USING (family_id = ANY (ARRAY(SELECT rls.user_family_ids())) AND rls.is_keeper_of(family_id));
