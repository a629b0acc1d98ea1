-- How often somebody called, and what a repeated call answered.

-- Lost after a crash of the server, which only means that everybody starts with an empty minute.
CREATE UNLOGGED TABLE ops.call_counts (
  key TEXT NOT NULL,
  bucket BIGINT NOT NULL,
  calls INTEGER NOT NULL,
  previous_calls INTEGER NOT NULL DEFAULT 0,
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT call_counts_pkey PRIMARY KEY (key)
)
WITH (fillfactor = 50);
COMMENT ON TABLE ops.call_counts IS
  'Sliding windows, one row a key: calls in the current bucket and in the one before it. Rewritten in place on every call, so it carries no id and no trigger.';

CREATE TABLE ops.idempotency_keys (
  id UUID NOT NULL DEFAULT gen_random_uuid(),
  user_id UUID NOT NULL,
  operation TEXT NOT NULL,
  key TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  result JSONB NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT idempotency_keys_pkey PRIMARY KEY (id),
  CONSTRAINT idempotency_keys_user_operation_key UNIQUE (user_id, operation, key),
  CONSTRAINT idempotency_keys_user_fkey FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE,
  CONSTRAINT idempotency_keys_key_length CHECK (char_length(key) BETWEEN 1 AND 64)
);
COMMENT ON TABLE ops.idempotency_keys IS 'What a person''s Idempotency-Key made, for 24 hours: ids only, from which the same answer is built again.';

CREATE INDEX idx_idempotency_keys_age ON ops.idempotency_keys (created_at);

CREATE TRIGGER set_updated_at BEFORE UPDATE ON ops.idempotency_keys
  FOR EACH ROW EXECUTE FUNCTION public.trigger_set_updated_at();

ALTER TABLE ops.call_counts OWNER TO app_owner;
ALTER TABLE ops.idempotency_keys OWNER TO app_owner;
REVOKE ALL ON ops.call_counts, ops.idempotency_keys FROM PUBLIC, anon, authenticated, service_role;
