CREATE OR REPLACE FUNCTION ops.lock_family_as_keeper(p_family_id uuid)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  -- Asked before the lock, so that nobody can block a family that they do not keep ...
  IF NOT rls.is_keeper_of(p_family_id) THEN
    RETURN false;
  END IF;
  PERFORM FROM public.families WHERE id = p_family_id FOR NO KEY UPDATE;
  -- ... and again after it: the transaction that held the lock may have removed or demoted the caller.
  RETURN rls.is_keeper_of(p_family_id);
END
$$;
COMMENT ON FUNCTION ops.lock_family_as_keeper IS
  'Locks the family''s row, so that changes of its members and invites follow one after the other. Returns whether the caller is a keeper; where it is false, the row may not be locked.';
SELECT ops.publish_function('ops.lock_family_as_keeper');
