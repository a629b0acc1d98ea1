CREATE OR REPLACE FUNCTION ops.queue_invite_mail(p_invite public.invites)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  c_mails_a_family_a_day constant integer := 20;
  c_mails_a_person_a_day constant integer := 30;
  c_mails_a_mailbox_a_day constant integer := 3;
  v_mailbox_hash bytea;
  v_day_ago timestamptz := clock_timestamp() - interval '1 day';
BEGIN
  IF p_invite.email IS NULL THEN
    RETURN false;
  END IF;
  v_mailbox_hash := sha256(convert_to(ops.mailbox_of(p_invite.email), 'UTF8'));
  -- The family's row serialises its invites. One person may ask for several families at once, and several for one mailbox.
  PERFORM pg_advisory_xact_lock(hashtextextended('mails-of/' || auth.uid(), 0));
  PERFORM pg_advisory_xact_lock(hashtextextended('mail/' || encode(v_mailbox_hash, 'hex'), 0));
  IF (SELECT count(*) FROM ops.invite_mails WHERE family_id = p_invite.family_id AND created_at > v_day_ago) >= c_mails_a_family_a_day
     OR (SELECT count(*) FROM ops.invite_mails WHERE email_hash = v_mailbox_hash AND created_at > v_day_ago) >= c_mails_a_mailbox_a_day
     OR (SELECT count(*) FROM ops.invite_mails WHERE user_id = auth.uid() AND created_at > v_day_ago) >= c_mails_a_person_a_day
  THEN
    RETURN false;
  END IF;
  INSERT INTO ops.invite_mails (family_id, user_id, email_hash) VALUES (p_invite.family_id, auth.uid(), v_mailbox_hash);
  PERFORM ops.enqueue_job(
    'send_invite_email',
    jsonb_build_object('invite_id', p_invite.id, 'generation', p_invite.generation),
    'mail/' || p_invite.family_id,
    'invite/' || p_invite.id || '/' || p_invite.generation);
  RETURN true;
END
$$;
COMMENT ON FUNCTION ops.queue_invite_mail IS
  'Enqueues the mail of an invite, unless within a day 20 were sent for its family, 30 for the caller, or 3 to its mailbox. Returns whether it did. The job carries ids, never the code.';
SELECT ops.publish_function('ops.queue_invite_mail');
