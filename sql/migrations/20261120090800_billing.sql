-- Billing: which family is which customer of Stripe's, and every event Stripe sent.

CREATE TABLE ops.billing_customers (
  id UUID NOT NULL DEFAULT gen_random_uuid(),
  family_id UUID NOT NULL,
  customer_id TEXT NOT NULL,
  subscription_id TEXT,
  subscription_status TEXT,
  checkout_session_id TEXT,
  checkout_plan TEXT,
  checkout_interval TEXT,
  ticket BIGINT NOT NULL DEFAULT 0,
  applied_ticket BIGINT NOT NULL DEFAULT 0,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT billing_customers_pkey PRIMARY KEY (id),
  CONSTRAINT billing_customers_family_key UNIQUE (family_id),
  CONSTRAINT billing_customers_customer_key UNIQUE (customer_id),
  CONSTRAINT billing_customers_family_fkey FOREIGN KEY (family_id) REFERENCES public.families (id) ON DELETE RESTRICT,
  CONSTRAINT billing_customers_tickets_ordered CHECK (applied_ticket <= ticket)
);
COMMENT ON TABLE ops.billing_customers IS 'One Stripe customer a family, for ever: the first one written wins.';
COMMENT ON COLUMN ops.billing_customers.ticket IS 'Counts the fetches from Stripe. A fetch is written only where applied_ticket is older than its ticket: a slow one overwrites nothing newer.';

CREATE TABLE ops.stripe_events (
  id UUID NOT NULL DEFAULT gen_random_uuid(),
  event_id TEXT NOT NULL,
  type TEXT NOT NULL,
  livemode BOOLEAN NOT NULL,
  customer_id TEXT,
  object_id TEXT,
  happened_at TIMESTAMPTZ NOT NULL,
  state TEXT NOT NULL DEFAULT 'stored',
  attempts INTEGER NOT NULL DEFAULT 0,
  last_error TEXT,
  applied_at TIMESTAMPTZ,
  request_id TEXT,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT stripe_events_pkey PRIMARY KEY (id),
  CONSTRAINT stripe_events_event_id_key UNIQUE (event_id),
  -- stored -> applied | ignored (unknown type, or not a customer of ours) | failed -> applied | dead
  CONSTRAINT stripe_events_state_known CHECK (state IN ('stored', 'applied', 'ignored', 'failed', 'dead'))
);
COMMENT ON TABLE ops.stripe_events IS 'Every event Stripe sent, once, by ids alone: what it says is fetched from Stripe anew when it is applied.';

CREATE INDEX idx_stripe_events_customer ON ops.stripe_events (customer_id, happened_at);
CREATE INDEX idx_stripe_events_unapplied ON ops.stripe_events (created_at) WHERE state IN ('stored', 'failed');

CREATE TRIGGER set_updated_at BEFORE UPDATE ON ops.billing_customers
  FOR EACH ROW EXECUTE FUNCTION public.trigger_set_updated_at();
CREATE TRIGGER set_updated_at BEFORE UPDATE ON ops.stripe_events
  FOR EACH ROW EXECUTE FUNCTION public.trigger_set_updated_at();

ALTER TABLE ops.billing_customers OWNER TO app_owner;
ALTER TABLE ops.stripe_events OWNER TO app_owner;
REVOKE ALL ON ops.billing_customers, ops.stripe_events FROM PUBLIC, anon, authenticated, service_role;
