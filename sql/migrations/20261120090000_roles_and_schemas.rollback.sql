DROP FUNCTION public.trigger_set_updated_at();
DROP FUNCTION ops.publish(regproc, name[]);
-- sql/functions holds functions that no migration made; they go with their schema.
DROP SCHEMA wire CASCADE;
DROP SCHEMA rls CASCADE;
DROP SCHEMA ops CASCADE;
REVOKE CREATE, USAGE ON SCHEMA public FROM app_owner;

-- Another database of the cluster may still use the roles: then they stay.
DO $$
DECLARE
  v_role name;
BEGIN
  FOREACH v_role IN ARRAY ARRAY['app_login', 'app_service', 'app_owner']::name[] LOOP
    BEGIN
      EXECUTE format('DROP ROLE %I', v_role);
    EXCEPTION WHEN dependent_objects_still_exist THEN
      RAISE NOTICE 'role % is used by another database and stays', v_role;
    END;
  END LOOP;
END
$$;
