-- Bounds against abuse: whose mails are counted, and what a member's own SQL may read.

-- Tables ----------------------------------------------------------------------------------------

ALTER TABLE ops.invite_mails ADD COLUMN user_id UUID;
ALTER TABLE ops.invite_mails ADD CONSTRAINT invite_mails_user_fkey
  FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE SET NULL;
COMMENT ON TABLE ops.invite_mails IS
  'Invitations mailed in the last day, to bound them: 20 a family, 30 a person, 3 to one mailbox. email_hash is of the mailbox, never the address.';

-- Indexes ---------------------------------------------------------------------------------------

CREATE INDEX idx_invite_mails_user ON ops.invite_mails (user_id, created_at);
CREATE INDEX idx_prompts_family_day ON public.prompts (family_id, created_at);

-- Row-level security and grants -----------------------------------------------------------------

ALTER POLICY "Members read their family's prompts" ON public.prompts
  USING (deleted_at IS NULL AND family_id = ANY (ARRAY(SELECT rls.user_family_ids())));

-- Functions -------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION rls.reserved_bytes_of(p_family_id uuid)
RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT coalesce(sum(size_bytes), 0)::bigint
  FROM ops.upload_reservations
  WHERE family_id = p_family_id AND state = 'pending' AND live_until > clock_timestamp() AND rls.is_member_of(p_family_id)
$$;
COMMENT ON FUNCTION rls.reserved_bytes_of(uuid) IS
  'Bytes held by the live reservations of a family, 0 for whoever is no member. A sum, not a column: it frees itself as time passes.';
