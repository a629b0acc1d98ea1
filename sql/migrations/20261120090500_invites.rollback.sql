DROP TABLE ops.invite_mails;
DROP TABLE ops.removals;
DROP TABLE public.invites;
