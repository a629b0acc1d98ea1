-- Undoes 20261121140000_abuse.sql. Who asked for a mail is forgotten.

CREATE OR REPLACE FUNCTION rls.reserved_bytes_of(p_family_id uuid)
RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT coalesce(sum(size_bytes), 0)::bigint
  FROM ops.upload_reservations
  WHERE family_id = p_family_id AND state = 'pending' AND live_until > pg_catalog.clock_timestamp()
$$;
COMMENT ON FUNCTION rls.reserved_bytes_of(uuid) IS
  'Bytes held by the family''s live reservations. A sum, not a column: it frees itself as time passes. Called by views that have already chosen the family under its policy.';

ALTER POLICY "Members read their family's prompts" ON public.prompts
  USING (family_id = ANY (ARRAY(SELECT rls.user_family_ids())));

DROP INDEX public.idx_prompts_family_day;
DROP INDEX ops.idx_invite_mails_user;

COMMENT ON TABLE ops.invite_mails IS 'Invitations mailed in the last day, to bound them: 20 a family, 3 to one address. Holds a hash, never the address.';
ALTER TABLE ops.invite_mails DROP CONSTRAINT invite_mails_user_fkey;
ALTER TABLE ops.invite_mails DROP COLUMN user_id;
