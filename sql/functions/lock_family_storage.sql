CREATE OR REPLACE FUNCTION ops.lock_family_storage(
  p_family_id uuid,
  OUT entitlement public.entitlements,
  OUT locked_at timestamptz
)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  SELECT * INTO entitlement FROM public.entitlements WHERE family_id = p_family_id FOR NO KEY UPDATE;
  -- now() is the moment when the message arrived, which may be long before the lock was free.
  locked_at := clock_timestamp();
END
$$;
COMMENT ON FUNCTION ops.lock_family_storage IS
  'The gate: locks the family''s entitlements row until the transaction ends, then reads the clock. Whatever changes the bytes of a family calls it first, and reads in later statements what it decides by: a statement sees the database as it was when the statement began, before it waited for the lock. The entitlement itself is the newest; null for an unknown family.';
SELECT ops.publish_function('ops.lock_family_storage');
