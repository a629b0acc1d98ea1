-- Prompts: the questions a family asks its elders.

CREATE TABLE public.prompts (
  id UUID NOT NULL DEFAULT gen_random_uuid(),
  family_id UUID NOT NULL,
  text TEXT NOT NULL,
  locale TEXT NOT NULL DEFAULT 'en',
  created_by UUID,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  deleted_at TIMESTAMPTZ,
  CONSTRAINT prompts_pkey PRIMARY KEY (id),
  CONSTRAINT prompts_family_id_key UNIQUE (family_id, id),
  CONSTRAINT prompts_family_fkey FOREIGN KEY (family_id) REFERENCES public.families (id) ON DELETE CASCADE,
  CONSTRAINT prompts_created_by_fkey FOREIGN KEY (created_by) REFERENCES auth.users (id) ON DELETE SET NULL,
  CONSTRAINT prompts_text_length CHECK (char_length(text) BETWEEN 1 AND 500),
  CONSTRAINT prompts_locale_known CHECK (locale IN ('en', 'es', 'fr'))
);
COMMENT ON TABLE public.prompts IS 'Questions to tell a story to. Deleted softly: the recordings that answered one still name it. created_by is null on seeded ones.';

CREATE INDEX idx_prompts_family ON public.prompts (family_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX idx_prompts_created_by ON public.prompts (created_by);

CREATE TRIGGER set_updated_at BEFORE UPDATE ON public.prompts
  FOR EACH ROW EXECUTE FUNCTION public.trigger_set_updated_at();

ALTER TABLE public.prompts OWNER TO app_owner;
ALTER TABLE public.prompts ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.prompts FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON public.prompts TO authenticated;

CREATE POLICY "Members read their family's prompts" ON public.prompts FOR SELECT TO authenticated
  USING (family_id = ANY (ARRAY(SELECT rls.user_family_ids())));
