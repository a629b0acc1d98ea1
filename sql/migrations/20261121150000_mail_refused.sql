-- An invite's mail that no server takes: the vendor refused its address, and the invite's keepers are shown so.

-- Tables ----------------------------------------------------------------------------------------

ALTER TABLE public.invites ADD COLUMN mail_refused_at TIMESTAMPTZ;
COMMENT ON COLUMN public.invites.mail_refused_at IS 'When the mail of the present generation was refused because of its address; null where it was not.';

-- Grants ----------------------------------------------------------------------------------------

GRANT SELECT (mail_refused_at) ON public.invites TO authenticated;
