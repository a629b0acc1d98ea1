-- What Supabase brings to a database: schema auth with its users and helper functions, access to schema public, and the
-- publication Realtime listens to. Run by the superuser after supabase_roles.sql, safe to repeat.

-- Schema and grants. As on Supabase, postgres may use schema auth but cannot grant USAGE on it: a role made by a migration
-- can call auth.uid() only as a member of a role that has USAGE, such as authenticated.
CREATE SCHEMA IF NOT EXISTS auth;
GRANT ALL ON SCHEMA auth TO supabase_auth_admin;
GRANT USAGE ON SCHEMA auth TO anon, authenticated, service_role, postgres;
GRANT USAGE ON SCHEMA public TO postgres, anon, authenticated, service_role;

-- The columns of auth.users that an application reads; those that only Supabase Auth reads are left out.
CREATE TABLE IF NOT EXISTS auth.users (
    instance_id        UUID,
    id                 UUID NOT NULL CONSTRAINT users_pkey PRIMARY KEY,
    aud                VARCHAR(255),
    role               VARCHAR(255),
    email              VARCHAR(255),
    email_confirmed_at TIMESTAMPTZ,
    invited_at         TIMESTAMPTZ,
    last_sign_in_at    TIMESTAMPTZ,
    raw_app_meta_data  JSONB,
    raw_user_meta_data JSONB,
    is_super_admin     BOOLEAN,
    created_at         TIMESTAMPTZ,
    updated_at         TIMESTAMPTZ,
    phone              TEXT DEFAULT NULL CONSTRAINT users_phone_key UNIQUE,
    phone_confirmed_at TIMESTAMPTZ,
    banned_until       TIMESTAMPTZ,
    is_sso_user        BOOLEAN NOT NULL DEFAULT false,
    deleted_at         TIMESTAMPTZ,
    is_anonymous       BOOLEAN NOT NULL DEFAULT false
);
ALTER TABLE auth.users OWNER TO supabase_auth_admin;
ALTER TABLE auth.users ENABLE ROW LEVEL SECURITY;
CREATE UNIQUE INDEX IF NOT EXISTS users_email_partial_key ON auth.users (email) WHERE is_sso_user = false;
CREATE INDEX IF NOT EXISTS users_instance_id_idx ON auth.users (instance_id);
GRANT INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON auth.users TO postgres;
GRANT SELECT ON auth.users TO postgres WITH GRANT OPTION;

-- The functions that policies call. PUBLIC may execute them; USAGE on the schema decides.
CREATE OR REPLACE FUNCTION auth.uid() RETURNS UUID LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        nullif(current_setting('request.jwt.claim.sub', true), ''),
        (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')
    )::uuid
$$;

CREATE OR REPLACE FUNCTION auth.role() RETURNS TEXT LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        nullif(current_setting('request.jwt.claim.role', true), ''),
        (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role')
    )::text
$$;

CREATE OR REPLACE FUNCTION auth.email() RETURNS TEXT LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        nullif(current_setting('request.jwt.claim.email', true), ''),
        (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'email')
    )::text
$$;

CREATE OR REPLACE FUNCTION auth.jwt() RETURNS JSONB LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        nullif(current_setting('request.jwt.claim', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')
    )::jsonb
$$;

ALTER FUNCTION auth.uid() OWNER TO supabase_auth_admin;
ALTER FUNCTION auth.role() OWNER TO supabase_auth_admin;
ALTER FUNCTION auth.email() OWNER TO supabase_auth_admin;
ALTER FUNCTION auth.jwt() OWNER TO supabase_auth_admin;

DO $publication$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_publication WHERE pubname = 'supabase_realtime') THEN
        CREATE PUBLICATION supabase_realtime;
    END IF;
END
$publication$;
ALTER PUBLICATION supabase_realtime OWNER TO postgres;

-- The migrating role owns the database, as on Supabase.
DO $owner$
BEGIN
    EXECUTE format('ALTER DATABASE %I OWNER TO postgres', current_database());
END
$owner$;
