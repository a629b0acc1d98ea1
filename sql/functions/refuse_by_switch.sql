CREATE OR REPLACE FUNCTION ops.refuse_by_switch(p_name text, p_family_id uuid)
RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_decision record := ops.decide_flag(p_name, p_family_id);
BEGIN
  IF v_decision.is_on THEN
    RETURN NULL;
  END IF;
  RETURN jsonb_build_object('flag', format('%s off by %s', p_name, v_decision.decided_by)) || CASE p_name
    WHEN 'writes' THEN ops.refuse('FAMILY_SUSPENDED')
    -- For everybody it passes; for one family it is the operator's word about that family.
    WHEN 'uploads' THEN ops.refuse(CASE v_decision.decided_by WHEN 'family' THEN 'ENTITLEMENT_INACTIVE' ELSE 'UPLOADS_PAUSED' END)
  END;
END
$$;
COMMENT ON FUNCTION ops.refuse_by_switch IS
  'The refusal where a switch (writes, uploads) is off for the family, with the name of the flag for the log; null where it is on. Asked after the caller''s rights: a stranger learns nothing.';
SELECT ops.publish_function('ops.refuse_by_switch');
