-- Undoes nothing of 20261121150000_quiet_server_log.sql: the setting belongs to the role, and so to every database of the
-- cluster. Taken away here, the server would log the private values of another database. It goes with the role.

SELECT 1;
