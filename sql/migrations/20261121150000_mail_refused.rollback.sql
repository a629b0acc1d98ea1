-- Undoes 20261121150000_mail_refused.sql.

ALTER TABLE public.invites DROP COLUMN mail_refused_at;
