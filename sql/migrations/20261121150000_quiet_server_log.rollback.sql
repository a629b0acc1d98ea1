-- Undoes 20261121150000_quiet_server_log.sql: the server logs failed statements of app_login again, with their values.

DO $$
BEGIN
  ALTER ROLE app_login RESET log_min_messages;
EXCEPTION WHEN insufficient_privilege THEN
  RAISE WARNING 'app_login keeps log_min_messages = panic: only a superuser may reset it here';
END
$$;
