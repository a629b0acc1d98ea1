CREATE OR REPLACE FUNCTION ops.answer_of(p_message_id uuid)
RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT answer FROM ops.message_answers WHERE id = p_message_id
$$;
COMMENT ON FUNCTION ops.answer_of IS
  'What the message of this id has answered, null where it was not carried out. The app asks for ids of its own alone.';
SELECT ops.publish_function('ops.answer_of', 'app_service');
