CREATE OR REPLACE FUNCTION ops.note_portal_opened_tx(p_family_id uuid)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT rls.is_keeper_of(p_family_id) THEN
    RETURN ops.refuse('FORBIDDEN');
  END IF;
  PERFORM ops.capture_event('billing_portal_opened', auth.uid(), jsonb_build_object('family_id', p_family_id), p_family_id::text);
  RETURN '{}';
END
$$;
COMMENT ON FUNCTION ops.note_portal_opened_tx IS
  'Enqueues the product event of a billing portal that Stripe has opened for the caller. Refuses FORBIDDEN unless the caller is a keeper.';
SELECT ops.publish_function('ops.note_portal_opened_tx', 'app_service');
