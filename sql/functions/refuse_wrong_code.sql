CREATE OR REPLACE FUNCTION ops.refuse_wrong_code(p_address text)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  c_alerting_an_hour constant integer := 500;
BEGIN
  -- The refusal is returned and not raised, so these counts are committed with it.
  PERFORM ops.count_wrong_codes(p_address, 1);
  IF ops.count_in_window('wrong-code/all', 3600, c_alerting_an_hour, 1) IS NOT NULL THEN
    PERFORM ops.note_alert('wrong-invite-codes', 'critical',
      'More than 500 wrong invite codes within an hour: somebody may be guessing codes.');
  END IF;
  RETURN ops.refuse('INVITE_NOT_VALID');
END
$$;
COMMENT ON FUNCTION ops.refuse_wrong_code IS
  'Counts a wrong code for its person, its address and all callers together, and refuses it, with one answer for every way a code can be wrong.';
SELECT ops.publish_function('ops.refuse_wrong_code');
