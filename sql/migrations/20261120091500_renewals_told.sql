-- Renewals: up to when one was told, so that each of a subscription's periods is told once.

ALTER TABLE ops.billing_customers ADD COLUMN renewed_until TIMESTAMPTZ;
COMMENT ON COLUMN ops.billing_customers.renewed_until IS 'The end of the last period in which the subscription stood well: only a later one is a renewal. A payment that failed and is made later tells of no period twice.';
