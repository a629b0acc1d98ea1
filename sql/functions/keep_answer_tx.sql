CREATE OR REPLACE FUNCTION ops.keep_answer_tx(p_message_id uuid, p_answer jsonb)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  -- A refusal is decided before the first write: a repetition may decide anew.
  IF p_answer IS NOT NULL AND NOT p_answer ? 'refused' THEN
    INSERT INTO ops.message_answers (id, answer) VALUES (p_message_id, p_answer);
  END IF;
  RETURN p_answer;
END
$$;
COMMENT ON FUNCTION ops.keep_answer_tx IS
  'Keeps what a message answers, in the transaction of its work, for the repetition of a message whose answer was lost. Returns the answer.';
SELECT ops.publish_function('ops.keep_answer_tx', 'app_service');
