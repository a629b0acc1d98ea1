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
  p_event_id text DEFAULT NULL
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
  v_renewed_until timestamptz;
  v_had boolean;
  v_has boolean;
  v_event text;
BEGIN
  -- The gate first: an upload that is checked at the same moment sees the old entitlement or the new one, never a mixture.
  v_before := (ops.lock_family_storage(p_family_id)).entitlement;
  -- An event whose ticket is older than the one applied has nothing to add, and counts as applied. The event is locked before
  -- the customer, as take_billing_ticket_tx locks them: a second worker may take up the same event at this moment.
  UPDATE ops.stripe_events SET state = 'applied', applied_at = now(), last_error = NULL WHERE event_id = p_event_id;
  UPDATE ops.billing_customers
  SET applied_ticket = p_ticket, subscription_id = p_subscription_id, subscription_status = p_subscription_status
  WHERE family_id = p_family_id AND applied_ticket < p_ticket
  RETURNING coalesce(renewed_until, v_before.current_period_end) INTO v_renewed_until;
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
    RETURNING * INTO STRICT v_after;
    v_changed := (v_after.plan, v_after.status, v_after.storage_quota_bytes, v_after.max_recording_seconds,
                  v_after.current_period_end, v_after.cancel_at_period_end)
      IS DISTINCT FROM (v_before.plan, v_before.status, v_before.storage_quota_bytes, v_before.max_recording_seconds,
                        v_before.current_period_end, v_before.cancel_at_period_end);
    -- A subscription that waits for its first payment has bought nothing yet. At a renewal Stripe moves the period on first
    -- and takes the payment an hour later: one event a period, and none while its payment has failed.
    v_had := v_before.plan <> 'free' AND v_before.status <> 'incomplete';
    v_has := v_after.plan <> 'free' AND v_after.status <> 'incomplete';
    FOREACH v_event IN ARRAY array_remove(ARRAY[
      CASE
        WHEN v_has AND NOT v_had THEN 'billing_checkout_completed'
        WHEN v_has AND v_after.plan <> v_before.plan THEN 'billing_plan_changed'
        WHEN v_has AND v_after.status = 'active' AND v_after.current_period_end > v_renewed_until
          THEN 'billing_subscription_renewed'
      END,
      -- One event when the cancellation is decided, and no second one on the day it takes effect.
      CASE
        WHEN NOT v_before.cancel_at_period_end
          AND (v_has AND v_after.cancel_at_period_end OR v_had AND v_after.plan = 'free')
          THEN 'billing_subscription_canceled'
      END
    ], NULL) LOOP
      PERFORM ops.capture_event(v_event, (SELECT created_by FROM public.families WHERE id = p_family_id),
        jsonb_build_object('family_id', p_family_id, 'plan', v_after.plan, 'previous_plan', v_before.plan),
        p_family_id::text);
    END LOOP;
    IF v_has AND v_after.status IN ('active', 'trialing') THEN
      UPDATE ops.billing_customers SET renewed_until = v_after.current_period_end WHERE family_id = p_family_id;
    END IF;
  END IF;
  RETURN jsonb_build_object('applied', v_applied, 'changed', v_changed);
END
$$;
COMMENT ON FUNCTION ops.apply_entitlement_tx IS
  'Writes what Stripe returned, where the ticket is newer than the last one applied. p_plan null keeps the plan (the price is unknown). Changes no recording.';
SELECT ops.publish_function('ops.apply_entitlement_tx', 'app_service');
