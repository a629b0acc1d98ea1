DROP TABLE ops.idempotency_keys;
DROP TABLE ops.call_counts;
