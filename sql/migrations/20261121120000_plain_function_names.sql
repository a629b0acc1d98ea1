-- Functions get names that say what they do, and read the request id from the message instead of taking it as a parameter.
-- The old ones are dropped here; their files make the new ones right after the migrations.

CREATE FUNCTION ops.publish_function(p_function regproc, VARIADIC p_roles name[] DEFAULT '{}')
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_signature text := p_function::regprocedure::text;
  v_role name;
BEGIN
  EXECUTE format('ALTER FUNCTION %s OWNER TO app_owner', v_signature);
  -- Postgres searches pg_temp first where the path does not name it. A caller's own type called uuid would then run the
  -- caller's code as app_owner, through auth.uid(). So this path is set, whatever the function's file says.
  EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, pg_temp', v_signature);
  EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC, anon, authenticated, service_role, app_service, app_login', v_signature);
  FOREACH v_role IN ARRAY p_roles LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', v_signature, v_role);
  END LOOP;
END
$$;
COMMENT ON FUNCTION ops.publish_function(regproc, name[]) IS
  'Ends every function file. Sets the owner app_owner and a safe search_path, revokes EXECUTE from every role by name (default privileges grant it), then grants it to the named roles alone.';
ALTER FUNCTION ops.publish_function(regproc, name[]) OWNER TO app_owner;
REVOKE ALL ON FUNCTION ops.publish_function(regproc, name[]) FROM PUBLIC, anon, authenticated, service_role;

-- A new database has none of these: the files of its functions are applied after the migrations.
DO $$
DECLARE
  v_function regprocedure;
BEGIN
  FOR v_function IN
    SELECT oid FROM pg_catalog.pg_proc
    WHERE pronamespace = 'ops'::regnamespace AND proname IN (
      -- renamed
      'bury_job', 'claim_prompt', 'claim_recording',
      'alerts_to_send_tx', 'billing_facts_tx', 'check_abandoned_tx', 'customers_to_reconcile_tx', 'invite_mail_tx',
      'jobs_overview_tx', 'plan_cleanup_tx', 'recordings_by_key_tx', 'recordings_to_copy_tx', 'unclaimed_keys_tx',
      'unknown_customers_tx', 'uploads_to_settle_tx',
      -- without p_request_id
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

DROP FUNCTION ops.publish(regproc, name[]);
