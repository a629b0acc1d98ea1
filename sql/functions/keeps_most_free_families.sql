CREATE OR REPLACE FUNCTION ops.keeps_most_free_families(p_user_id uuid)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  -- What makes one person a keeper happens one after the other, so that counting their families means something.
  PERFORM pg_advisory_xact_lock(hashtextextended('free-families/' || p_user_id, 0));
  RETURN (
    SELECT count(*) >= 3
    FROM public.family_members AS member
    JOIN public.entitlements AS entitlement USING (family_id)
    WHERE member.user_id = p_user_id AND member.role = 'keeper' AND entitlement.plan = 'free'
  );
END
$$;
COMMENT ON FUNCTION ops.keeps_most_free_families IS
  'Whether a person keeps three free families, which is the most one person may keep. Locks their count until the transaction ends; asked before the row of any family is locked.';
SELECT ops.publish_function('ops.keeps_most_free_families');
