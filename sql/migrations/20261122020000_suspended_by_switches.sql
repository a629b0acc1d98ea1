-- A family is suspended by switches alone: `writes` for every change, `uploads` for uploads. The column of entitlements did
-- the second half of that, by hand and without an author.

-- Rows ------------------------------------------------------------------------------------------

INSERT INTO ops.feature_flags (name, family_id, enabled, changed_by, note)
SELECT 'uploads', family_id, false, 'migration', 'was suspended at ' || suspended_at
FROM public.entitlements WHERE suspended_at IS NOT NULL
ON CONFLICT (name, family_id, source) DO NOTHING;

INSERT INTO ops.flag_changes (name, family_id, source, enabled, changed_by, why)
SELECT 'uploads', family_id, 'operator', false, 'migration', 'was suspended at ' || suspended_at
FROM public.entitlements WHERE suspended_at IS NOT NULL;

-- Functions -------------------------------------------------------------------------------------

CREATE FUNCTION rls.uploads_are_suspended(p_family_id uuid)
RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_uploads record := ops.decide_flag('uploads', p_family_id);
BEGIN
  -- Uploads that are off for everybody are paused, which says nothing of this family.
  RETURN rls.is_suspended(p_family_id) OR (NOT v_uploads.is_on AND v_uploads.decided_by = 'family');
END
$$;
COMMENT ON FUNCTION rls.uploads_are_suspended(uuid) IS
  'Whether the operator lets this family upload nothing, by the switch uploads or writes. Called by views that have already chosen the family.';
SELECT ops.publish_function('rls.uploads_are_suspended', 'authenticated');

-- Tables ----------------------------------------------------------------------------------------

-- The view of the release before still reads the column, so it goes with the next one. Until then nobody can use it.
UPDATE public.entitlements SET suspended_at = NULL WHERE suspended_at IS NOT NULL;
ALTER TABLE public.entitlements
  ADD CONSTRAINT entitlements_suspended_by_switches CHECK (suspended_at IS NULL);
COMMENT ON COLUMN public.entitlements.suspended_at IS 'Not used: make pause UPLOADS=1 FAMILY=... suspends a family''s uploads. The next release drops it.';
