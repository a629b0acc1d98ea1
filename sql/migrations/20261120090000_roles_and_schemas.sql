-- Roles and schemas: who owns, who serves, who signs in.
--
-- What Supabase brings (anon, authenticated, service_role, schema auth) is expected to be there already.
-- Roles belong to the cluster, not to the database, so each is created only where it is missing.

-- Roles -----------------------------------------------------------------------------------------

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'app_owner') THEN
    CREATE ROLE app_owner NOLOGIN;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'app_service') THEN
    CREATE ROLE app_service NOLOGIN;
  END IF;
  -- NOINHERIT: a message that forgets to choose its role may do nothing at all. The password is the deployer's to set.
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'app_login') THEN
    CREATE ROLE app_login LOGIN NOINHERIT;
    -- Storage has no moving parts: with the default of 4, a page of a list is sorted out of the family's whole list.
    ALTER ROLE app_login SET random_page_cost = 1.1;
    -- Times are told in UTC whatever the database says; and nothing runs on for a caller who has long gone.
    ALTER ROLE app_login SET timezone = 'UTC';
    ALTER ROLE app_login SET statement_timeout = '30s';
  END IF;
END
$$;

-- The migrating role must be able to hand what it makes to app_owner, and to replace it later.
GRANT app_owner TO CURRENT_USER;

-- app_owner needs USAGE on schema auth to call auth.uid(); on Supabase only membership in authenticated gives it.
GRANT authenticated TO app_owner;

-- The one login: it may become a person (reads, under row-level security) or the service (functions that write).
GRANT authenticated, app_service TO app_login;

-- Schemas ---------------------------------------------------------------------------------------

CREATE SCHEMA ops;
COMMENT ON SCHEMA ops IS 'The machinery: every function that writes, the queue, billing, reservations. Nothing here is for clients.';

CREATE SCHEMA rls;
COMMENT ON SCHEMA rls IS 'Helpers of the policies. Nobody has USAGE: policies and views may call them, a client cannot.';

CREATE SCHEMA wire;
COMMENT ON SCHEMA wire IS 'One view for each thing the API shows: the shape on the wire, written once. Views run as their caller.';

GRANT CREATE, USAGE ON SCHEMA public TO app_owner;

ALTER SCHEMA ops OWNER TO app_owner;
ALTER SCHEMA rls OWNER TO app_owner;
ALTER SCHEMA wire OWNER TO app_owner;

-- Grants ----------------------------------------------------------------------------------------

REVOKE ALL ON SCHEMA ops, rls, wire FROM PUBLIC, anon, authenticated, service_role;
GRANT USAGE ON SCHEMA ops TO app_service, app_login;
GRANT USAGE ON SCHEMA wire TO authenticated;
-- Databases that were made before Postgres 15 let everybody make objects here.
REVOKE CREATE ON SCHEMA public FROM PUBLIC, anon, authenticated, service_role;
-- The policies and column grants, not the schema, decide what a person sees of public.
GRANT USAGE ON SCHEMA public TO authenticated;

-- Functions -------------------------------------------------------------------------------------

CREATE FUNCTION ops.publish(p_function regproc, VARIADIC p_roles name[] DEFAULT '{}')
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_signature text := p_function::regprocedure::text;
  v_role name;
BEGIN
  EXECUTE pg_catalog.format('ALTER FUNCTION %s OWNER TO app_owner', v_signature);
  -- pg_temp last: where it is not named it is searched first, and a caller's own type called uuid would run the caller's
  -- code as app_owner, through auth.uid(). So whatever the function's file says, this is its path.
  EXECUTE pg_catalog.format('ALTER FUNCTION %s SET search_path = pg_catalog, pg_temp', v_signature);
  EXECUTE pg_catalog.format('REVOKE ALL ON FUNCTION %s FROM PUBLIC, anon, authenticated, service_role, app_service, app_login', v_signature);
  FOREACH v_role IN ARRAY p_roles LOOP
    EXECUTE pg_catalog.format('GRANT EXECUTE ON FUNCTION %s TO %I', v_signature, v_role);
  END LOOP;
END
$$;
COMMENT ON FUNCTION ops.publish(regproc, name[]) IS
  'Ends every function file: owner app_owner, a search_path no caller can get before, EXECUTE taken from everybody by name (defaults grant it), then given to the named roles alone.';
ALTER FUNCTION ops.publish(regproc, name[]) OWNER TO app_owner;
REVOKE ALL ON FUNCTION ops.publish(regproc, name[]) FROM PUBLIC, anon, authenticated, service_role;

CREATE FUNCTION public.trigger_set_updated_at()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  NEW.updated_at := pg_catalog.now();
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION public.trigger_set_updated_at() IS 'Stamps updated_at on every UPDATE.';
SELECT ops.publish('public.trigger_set_updated_at');
