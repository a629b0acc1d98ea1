CREATE OR REPLACE FUNCTION ops.count_wrong_codes(p_address text, p_codes integer)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_refusal jsonb;
BEGIN
  v_refusal := coalesce(
    ops.count_in_window('wrong-code/hour/' || auth.uid(), 3600, 10, p_codes),
    ops.count_in_window('wrong-code/day/' || auth.uid(), 86400, 30, p_codes));
  IF v_refusal IS NULL AND p_address IS NOT NULL THEN
    v_refusal := ops.count_in_window('wrong-code/address/' || p_address, 86400, 300, p_codes);
    -- The wrong codes of others at one address keep nobody out: a person without any today may always try once.
    IF p_codes = 0 AND v_refusal IS NOT NULL AND ops.count_in_window('wrong-code/day/' || auth.uid(), 86400, 1, 0) IS NULL THEN
      v_refusal := NULL;
    END IF;
  END IF;
  RETURN v_refusal;
END
$$;
COMMENT ON FUNCTION ops.count_wrong_codes IS
  'Counts p_codes wrong invite codes against the budgets of the caller (10 an hour, 30 a day) and of their address (300 a day; it holds for people alone who entered a wrong code today). Returns the refusal of the first budget that has no room for one more, or null. p_codes 0 only asks, and locks the counters in this order until the transaction ends, so that guesses made at the same moment stay within the budgets.';
SELECT ops.publish_function('ops.count_wrong_codes');
