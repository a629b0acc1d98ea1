-- What Supabase brings to a cluster: its roles, as Postgres sees them. Run by the superuser (supabase_admin), safe to repeat.
-- It sets no password: the process that starts the server does that for the roles that log in.

DO $roles$
BEGIN
    IF to_regrole('anon') IS NULL THEN
        CREATE ROLE anon NOLOGIN NOINHERIT;
    END IF;
    IF to_regrole('authenticated') IS NULL THEN
        CREATE ROLE authenticated NOLOGIN NOINHERIT;
    END IF;
    IF to_regrole('service_role') IS NULL THEN
        CREATE ROLE service_role NOLOGIN NOINHERIT BYPASSRLS;
    END IF;
    IF to_regrole('authenticator') IS NULL THEN
        CREATE ROLE authenticator LOGIN NOINHERIT;
    END IF;
    IF to_regrole('supabase_auth_admin') IS NULL THEN
        CREATE ROLE supabase_auth_admin LOGIN NOINHERIT CREATEROLE;
        ALTER ROLE supabase_auth_admin SET search_path = auth;
    END IF;
    -- The role migrations run as. It is powerful and no superuser: what works for it here works on Supabase.
    IF to_regrole('postgres') IS NULL THEN
        CREATE ROLE postgres LOGIN NOSUPERUSER CREATEROLE CREATEDB REPLICATION BYPASSRLS;
    END IF;
END
$roles$;

GRANT anon, authenticated, service_role TO authenticator;
GRANT anon, authenticated, service_role TO postgres WITH ADMIN OPTION;

-- Supabase lets its postgres role set this for other roles (supautils.privileged_role_allowed_configs).
GRANT SET ON PARAMETER log_min_messages TO postgres;
