ALTER TABLE public.invites DROP COLUMN resent_at;
