-- Postgres logs a statement that fails with its whole text, and our messages carry their values in the text: names, addresses,
-- titles, hashes of codes. For the application's login the server therefore logs nothing; the application itself logs every
-- failure with its SQLSTATE, constraint and request id.

DO $$
BEGIN
  ALTER ROLE app_login SET log_min_messages = 'panic';
EXCEPTION WHEN insufficient_privilege THEN
  RAISE WARNING 'The server will log failed statements of app_login with private values. Let a superuser run: ALTER ROLE app_login SET log_min_messages = panic';
END
$$;
