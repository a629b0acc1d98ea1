-- Brings ops.publish back, and drops what the files of the older release would not replace.

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

DO $$
DECLARE
  v_function regprocedure;
BEGIN
  FOR v_function IN
    SELECT oid FROM pg_catalog.pg_proc
    WHERE pronamespace = 'ops'::regnamespace AND proname IN (
      'move_to_dead_jobs', 'lock_prompt_for_change', 'lock_recording_for_change',
      'alerts_to_send', 'billing_facts', 'check_abandoned', 'customers_to_reconcile', 'invite_mail',
      'jobs_overview', 'plan_cleanup', 'recordings_by_key', 'recordings_to_copy', 'unclaimed_keys',
      'unknown_customers', 'uploads_to_settle', 'request_id',
      'apply_entitlement_tx', 'capture_event', 'count_call', 'create_family_tx', 'create_invite_tx', 'create_prompt_tx',
      'enqueue_job', 'finalize_recording_tx', 'get_signed_upload_url_tx', 'keep_recording', 'note_alert_tx',
      'note_findings_tx', 'queue_invite_mail', 'record_checkout_tx', 'record_stripe_event_tx', 'redeem_invite_tx',
      'rescue_recording_tx', 'resend_invite_tx', 'update_me_tx', 'verify_families_tx'
    )
  LOOP
    EXECUTE format('DROP FUNCTION %s', v_function);
  END LOOP;
END
$$;

DROP FUNCTION ops.publish_function(regproc, name[]);
