CREATE OR REPLACE FUNCTION ops.note_invite_mail_refused_tx(p_invite_id uuid, p_generation integer)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE public.invites SET mail_refused_at = clock_timestamp()
  WHERE id = p_invite_id AND generation = p_generation AND mail_refused_at IS NULL;
  RETURN '{}';
END
$$;
COMMENT ON FUNCTION ops.note_invite_mail_refused_tx IS
  'Notes that no server takes the mail of this generation of an invite: its address was refused. Its keepers see it; the code stays good.';
SELECT ops.publish_function('ops.note_invite_mail_refused_tx', 'app_service');
