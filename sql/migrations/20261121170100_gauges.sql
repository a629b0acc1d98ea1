-- The metrics of each minute count the mails that were refused within the hour, and must not read all invites for it.

-- Indexes ---------------------------------------------------------------------------------------

CREATE INDEX idx_invites_mail_refused ON public.invites (mail_refused_at) WHERE mail_refused_at IS NOT NULL;
