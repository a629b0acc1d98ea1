CREATE OR REPLACE FUNCTION ops.customers_to_reconcile(p_before timestamptz, p_idle_hours integer, p_limit integer)
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_before timestamptz := coalesce(p_before, clock_timestamp() - p_idle_hours * interval '1 hour');
  v_family_ids jsonb;
BEGIN
  SELECT jsonb_agg(page.family_id ORDER BY page.updated_at) INTO v_family_ids
  FROM (
    SELECT family_id, updated_at FROM ops.billing_customers WHERE updated_at < v_before ORDER BY updated_at LIMIT p_limit
  ) AS page;
  RETURN jsonb_build_object('before', v_before, 'family_ids', coalesce(v_family_ids, '[]'));
END
$$;
COMMENT ON FUNCTION ops.customers_to_reconcile IS
  'Families that are customers of Stripe and were not compared with it for p_idle_hours, the longest first. Taking a ticket sets updated_at, so a caller that passes `before` on gets each family once, and a run that was cut off is continued by the next.';
SELECT ops.publish_function('ops.customers_to_reconcile', 'app_service');
