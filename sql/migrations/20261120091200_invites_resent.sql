-- Resent invites: when, so that each resending lives as long as the first sending did.

ALTER TABLE public.invites ADD COLUMN resent_at TIMESTAMPTZ;
COMMENT ON COLUMN public.invites.resent_at IS 'When the present generation was made, null for the first: expires_at less this, or created_at, is how long a code lives.';
