CREATE OR REPLACE FUNCTION ops.unclaimed_keys(p_keys text[])
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN jsonb_build_object('armed', ops.deleting_is_armed(), 'keys', coalesce((
    SELECT jsonb_agg(key ORDER BY key COLLATE "C")
    FROM unnest(p_keys) AS key,
      -- A key names its recording; one that names none belongs to nobody.
      LATERAL (SELECT (regexp_match(key, '^families/[0-9a-f-]{36}/recordings/([0-9a-f-]{36})\.(?:audio\.m4a|waveform\.json)$'))[1]) AS named (id)
    WHERE NOT EXISTS (SELECT FROM public.recordings WHERE id::text = named.id OR object_key = key OR waveform_key = key)
      AND NOT EXISTS (SELECT FROM ops.upload_reservations WHERE id::text = named.id)
  ), '[]'));
END
$$;
COMMENT ON FUNCTION ops.unclaimed_keys IS 'Which of these keys no recording and no upload has, in whatever state; and whether deleting is armed.';
SELECT ops.publish_function('ops.unclaimed_keys', 'app_service');
