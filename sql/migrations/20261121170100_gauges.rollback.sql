-- Undoes 20261121170100_gauges.sql.

DROP INDEX public.idx_invites_mail_refused;
