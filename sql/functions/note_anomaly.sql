CREATE OR REPLACE FUNCTION ops.note_anomaly(p_kind text, p_family_id uuid, p_recording_id uuid, p_details jsonb DEFAULT '{}')
RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
  INSERT INTO ops.anomalies (kind, family_id, recording_id, details)
  VALUES (p_kind, p_family_id, p_recording_id, p_details)
$$;
COMMENT ON FUNCTION ops.note_anomaly IS
  'Records something that should not happen and did no harm. Ids and numbers only.';
SELECT ops.publish_function('ops.note_anomaly');
