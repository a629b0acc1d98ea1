CREATE OR REPLACE FUNCTION ops.mailbox_of(p_email text)
RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE
    WHEN domain IN ('gmail.com', 'googlemail.com') THEN replace(name, '.', '') || '@gmail.com'
    ELSE name || '@' || domain
  END
  FROM (
    SELECT split_part(split_part(lower(p_email), '@', 1), '+', 1) AS name, split_part(lower(p_email), '@', 2) AS domain
  ) AS address
$$;
COMMENT ON FUNCTION ops.mailbox_of IS
  'The mailbox that an address most likely belongs to: without case, without what follows a +, for Gmail without dots. Only mails are counted by it, never sent to it.';
SELECT ops.publish_function('ops.mailbox_of');
