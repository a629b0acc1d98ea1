CREATE OR REPLACE FUNCTION ops.note_alert_tx(
  p_fingerprint text,
  p_severity text,
  p_message text,
  p_occurrences integer DEFAULT 1,
  p_threshold integer DEFAULT 1
)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  c_most_of_a_kind constant integer := 50;
  c_window_seconds constant integer := 900;
  v_today date := (now() AT TIME ZONE 'utc')::date;
  v_kind text := split_part(p_fingerprint, '/', 1);
  v_is_first boolean;
BEGIN
  -- Null: with these the window holds too few to be worth an alert, and they are only counted.
  IF p_occurrences < p_threshold
    AND ops.count_in_window('alert/' || p_fingerprint, c_window_seconds, p_threshold - p_occurrences, p_occurrences) IS NULL
  THEN
    RETURN '{}';
  END IF;
  v_is_first := NOT EXISTS (SELECT FROM ops.alert_digest WHERE fingerprint = p_fingerprint AND day = v_today);
  -- The first of the day tells of those that were counted before it, too.
  IF v_is_first AND p_threshold > 1 THEN
    p_occurrences := p_occurrences + coalesce((
      SELECT calls + previous_calls FROM ops.call_counts
      WHERE key = 'alert/' || p_fingerprint AND updated_at > now() - make_interval(secs => c_window_seconds)), 0);
  END IF;
  -- Ten thousand different alerts are one outage, and must fill neither the table nor the mail.
  IF v_is_first
    AND (SELECT count(*) FROM ops.alert_digest WHERE day = v_today AND starts_with(fingerprint, v_kind || '/')) >= c_most_of_a_kind
  THEN
    p_fingerprint := v_kind || '/others';
    p_message := 'More different alerts of this kind than a day''s mails name: see the log.';
  END IF;
  PERFORM ops.note_alert(p_fingerprint, p_severity, p_message, NULL, p_occurrences);
  RETURN '{}';
END
$$;
COMMENT ON FUNCTION ops.note_alert_tx IS
  'Adds to the operator''s digest, for the application. From p_threshold occurrences within 15 minutes; at most 50 different fingerprints of a kind (what stands before the first slash) a UTC day, the rest together as kind/others.';
SELECT ops.publish_function('ops.note_alert_tx', 'app_service');
