CREATE OR REPLACE FUNCTION ops.apply_entitlement_tx(
  p_family_id uuid,
  p_ticket bigint,
  p_plan text,
  p_status text,
  p_quota_bytes bigint,
  p_max_recording_seconds integer,
  p_current_period_end timestamptz,
  p_cancel_at_period_end boolean,
  p_subscription_id text,
  p_subscription_status text,
  p_event_id text DEFAULT NULL,
  p_request_id text DEFAULT NULL
)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_before public.entitlements;
  v_after public.entitlements;
  v_applied boolean;
  v_changed boolean := false;
  v_event text;
BEGIN
  -- The gate first: an upload being judged sees the old entitlement whole or the new one whole.
  SELECT * INTO STRICT v_before FROM public.entitlements WHERE family_id = p_family_id FOR NO KEY UPDATE;
  UPDATE ops.billing_customers
  SET applied_ticket = p_ticket, subscription_id = p_subscription_id, subscription_status = p_subscription_status
  WHERE family_id = p_family_id AND applied_ticket < p_ticket;
  v_applied := FOUND;

  IF v_applied THEN
    UPDATE public.entitlements
    SET plan = coalesce(p_plan, plan),
        status = p_status,
        storage_quota_bytes = coalesce(p_quota_bytes, storage_quota_bytes),
        max_recording_seconds = coalesce(p_max_recording_seconds, max_recording_seconds),
        current_period_end = p_current_period_end,
        cancel_at_period_end = p_cancel_at_period_end
    WHERE family_id = p_family_id
    RETURNING * INTO v_after;
    v_changed := (v_after.plan, v_after.status, v_after.storage_quota_bytes, v_after.max_recording_seconds,
                  v_after.current_period_end, v_after.cancel_at_period_end)
      IS DISTINCT FROM (v_before.plan, v_before.status, v_before.storage_quota_bytes, v_before.max_recording_seconds,
                        v_before.current_period_end, v_before.cancel_at_period_end);
    v_event := CASE
      WHEN v_before.plan = 'free' AND v_after.plan <> 'free' THEN 'billing_checkout_completed'
      WHEN v_before.plan <> 'free' AND v_after.plan = 'free' AND NOT v_before.cancel_at_period_end THEN 'billing_subscription_canceled'
      WHEN v_before.plan <> v_after.plan AND v_after.plan <> 'free' THEN 'billing_plan_changed'
      WHEN v_after.cancel_at_period_end AND NOT v_before.cancel_at_period_end THEN 'billing_subscription_canceled'
      WHEN v_after.plan <> 'free' AND v_after.current_period_end > v_before.current_period_end THEN 'billing_subscription_renewed'
    END;
    IF v_event IS NOT NULL THEN
      PERFORM ops.capture_event(v_event, (SELECT created_by FROM public.families WHERE id = p_family_id),
        pg_catalog.jsonb_build_object('family_id', p_family_id, 'plan', v_after.plan, 'previous_plan', v_before.plan),
        p_family_id::text, p_request_id);
    END IF;
  END IF;

  -- An older ticket than the one applied has nothing to add: its event is done all the same.
  UPDATE ops.stripe_events SET state = 'applied', applied_at = pg_catalog.now(), last_error = NULL WHERE event_id = p_event_id;
  RETURN pg_catalog.jsonb_build_object('applied', v_applied, 'changed', v_changed);
END
$$;
COMMENT ON FUNCTION ops.apply_entitlement_tx(uuid, bigint, text, text, bigint, integer, timestamptz, boolean, text, text, text, text) IS
  'Writes what Stripe says now, where the ticket is still newer than the last one applied. p_plan null keeps the plan (unknown price). Never touches a recording.';
SELECT ops.publish('ops.apply_entitlement_tx', 'app_service');
