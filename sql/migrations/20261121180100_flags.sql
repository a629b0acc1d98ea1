-- Flags and switches: what the operator or PostHog has turned on or off, for one family or for all, and who did so and why.

-- Tables ----------------------------------------------------------------------------------------

ALTER TABLE ops.feature_flags
  ADD COLUMN family_id UUID CONSTRAINT feature_flags_family_fkey REFERENCES public.families (id) ON DELETE CASCADE,
  ADD COLUMN source TEXT NOT NULL DEFAULT 'operator',
  ADD COLUMN share INTEGER NOT NULL DEFAULT 100,
  ADD COLUMN until_at TIMESTAMPTZ,
  ADD COLUMN changed_by TEXT,
  DROP CONSTRAINT feature_flags_name_key,
  ADD CONSTRAINT feature_flags_row_key UNIQUE NULLS NOT DISTINCT (name, family_id, source),
  ADD CONSTRAINT feature_flags_name_known_form CHECK (name ~ '^(job:)?[a-z][a-z0-9_-]{0,63}$'),
  ADD CONSTRAINT feature_flags_source_known CHECK (source IN ('operator', 'posthog')),
  ADD CONSTRAINT feature_flags_share_of_families CHECK (share >= 0 AND share <= 100 AND (enabled OR share = 100)),
  -- The worker claims jobs of all families at once; what PostHog says counts for no family more than for another.
  ADD CONSTRAINT feature_flags_for_all_alone CHECK (family_id IS NULL OR (name NOT LIKE 'job:%' AND source = 'operator')),
  ADD CONSTRAINT feature_flags_job_whole CHECK (name NOT LIKE 'job:%' OR share = 100),
  -- Whoever has the password of the PostHog account must not be able to stop uploads or jobs.
  ADD CONSTRAINT feature_flags_switches_are_the_operators
    CHECK (source = 'operator' OR (name NOT LIKE 'job:%' AND name NOT IN ('uploads', 'writes', 'deleting_armed')));
COMMENT ON TABLE ops.feature_flags IS 'What is turned on or off, by whom and why; ops.decide_flag reads it. Switches: uploads, writes, job:<kind>. deleting_armed: whether the schedules that delete may delete.';
COMMENT ON COLUMN ops.feature_flags.family_id IS 'Null: for all families.';
COMMENT ON COLUMN ops.feature_flags.source IS 'Who says so: operator, or posthog, whose word counts only where the operator says nothing.';
COMMENT ON COLUMN ops.feature_flags.share IS 'Of an enabled flag: for how many per cent of the families it is on.';
COMMENT ON COLUMN ops.feature_flags.until_at IS 'From then on the row counts no more; null: until it is cleared.';
COMMENT ON COLUMN ops.feature_flags.note IS 'Why. Holds no address and no name.';

CREATE TABLE ops.flag_changes (
  id UUID NOT NULL DEFAULT gen_random_uuid(),
  name TEXT NOT NULL,
  family_id UUID,
  source TEXT NOT NULL,
  enabled BOOLEAN,
  share INTEGER,
  until_at TIMESTAMPTZ,
  changed_by TEXT NOT NULL,
  why TEXT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT flag_changes_pkey PRIMARY KEY (id)
);
COMMENT ON TABLE ops.flag_changes IS 'Every change of ops.feature_flags, in order. Rows are only added.';
COMMENT ON COLUMN ops.flag_changes.family_id IS 'Not a foreign key: the history outlives the family.';
COMMENT ON COLUMN ops.flag_changes.enabled IS 'Null: the row was cleared.';

SELECT ops.publish_table('ops.flag_changes');

-- Indexes ---------------------------------------------------------------------------------------

CREATE INDEX idx_feature_flags_family ON ops.feature_flags (family_id) WHERE family_id IS NOT NULL;
CREATE INDEX idx_flag_changes_made ON ops.flag_changes (created_at);

-- Triggers --------------------------------------------------------------------------------------

CREATE FUNCTION public.trigger_flag_change_is_immutable()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RAISE EXCEPTION 'the history of flags is immutable: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;
COMMENT ON FUNCTION public.trigger_flag_change_is_immutable() IS 'Refuses every change of a row of the history of flags, whoever asks.';
SELECT ops.publish_function('public.trigger_flag_change_is_immutable');

CREATE TRIGGER flag_change_is_immutable BEFORE UPDATE OR DELETE ON ops.flag_changes
  FOR EACH ROW EXECUTE FUNCTION public.trigger_flag_change_is_immutable();
CREATE TRIGGER flag_changes_are_never_emptied BEFORE TRUNCATE ON ops.flag_changes
  FOR EACH STATEMENT EXECUTE FUNCTION public.trigger_flag_change_is_immutable();

-- Functions -------------------------------------------------------------------------------------

CREATE FUNCTION rls.is_suspended(p_family_id uuid)
RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN NOT (ops.decide_flag('writes', p_family_id)).is_on;
END
$$;
COMMENT ON FUNCTION rls.is_suspended(uuid) IS
  'Whether the operator has suspended the family: nothing of it may be changed. Called by policies and views that have already chosen the family.';
SELECT ops.publish_function('rls.is_suspended', 'authenticated');

CREATE FUNCTION rls.features_of(p_family_id uuid)
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN (
    SELECT jsonb_object_agg(known.name, (ops.decide_flag(known.name, p_family_id)).is_on)
    FROM (
      SELECT unnest(ARRAY['uploads', 'writes']) AS name
      UNION
      SELECT flag.name FROM ops.feature_flags AS flag
      WHERE (flag.family_id IS NULL OR flag.family_id = p_family_id)
        AND flag.name NOT LIKE 'job:%' AND flag.name <> 'deleting_armed'
    ) AS known
  );
END
$$;
COMMENT ON FUNCTION rls.features_of(uuid) IS
  'Every flag that is about families, and whether it is on for this one. Called by views that have already chosen the family under its policy.';
SELECT ops.publish_function('rls.features_of', 'authenticated');

-- Row-level security ----------------------------------------------------------------------------

ALTER POLICY "The creator or a keeper moves a recording to the trash" ON public.recordings
  USING (
    deleted_at IS NULL
    AND family_id = ANY (ARRAY(SELECT rls.user_family_ids()))
    AND (created_by = (SELECT auth.uid()) OR rls.is_keeper_of(family_id))
    AND NOT rls.is_suspended(family_id)
  );
