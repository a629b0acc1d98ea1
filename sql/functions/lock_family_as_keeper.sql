CREATE OR REPLACE FUNCTION ops.lock_family_as_keeper(p_family_id uuid)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  -- Asked before the lock, so that nobody holds up a family that is not theirs ...
  IF NOT rls.is_keeper_of(p_family_id) THEN
    RETURN false;
  END IF;
  PERFORM FROM public.families WHERE id = p_family_id FOR NO KEY UPDATE;
  -- ... and again after it: whoever held it may have ended the caller's part in the family.
  RETURN rls.is_keeper_of(p_family_id);
END
$$;
COMMENT ON FUNCTION ops.lock_family_as_keeper IS
  'Takes the family''s row, which puts changes of its people and invites one after the other; false, and nothing promised, where the caller is no keeper.';
SELECT ops.publish_function('ops.lock_family_as_keeper');
