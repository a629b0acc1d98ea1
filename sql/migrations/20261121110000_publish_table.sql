-- One call gives a new table what every table of the project needs.

CREATE FUNCTION ops.publish_table(p_table regclass)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s OWNER TO app_owner', p_table);
  -- By name: default privileges grant ALL on every new table to these roles, and REVOKE FROM PUBLIC leaves that grant.
  EXECUTE format('REVOKE ALL ON TABLE %s FROM PUBLIC, anon, authenticated, service_role, app_service, app_login', p_table);
  -- Clients reach the tables of public, and see the rows that a policy shows them. They cannot reach schema ops at all.
  IF (SELECT relnamespace = 'public'::regnamespace FROM pg_class WHERE oid = p_table) THEN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', p_table);
  END IF;
  EXECUTE format(
    'CREATE OR REPLACE TRIGGER set_updated_at BEFORE UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION public.trigger_set_updated_at()',
    p_table);
END
$$;
COMMENT ON FUNCTION ops.publish_table(regclass) IS
  'Called by the migration that makes a table, before its GRANTs. Sets the owner app_owner, revokes ALL from every role by name (default privileges grant it), enables row-level security on a table of public, and adds the trigger set_updated_at.';
ALTER FUNCTION ops.publish_table(regclass) OWNER TO app_owner;
REVOKE ALL ON FUNCTION ops.publish_table(regclass) FROM PUBLIC, anon, authenticated, service_role;
