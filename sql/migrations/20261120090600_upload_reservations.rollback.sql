DROP FUNCTION rls.reserved_bytes_of(uuid);
DROP TABLE ops.upload_reservations;
