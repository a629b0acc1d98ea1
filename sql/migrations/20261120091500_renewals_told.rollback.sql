ALTER TABLE ops.billing_customers DROP COLUMN renewed_until;
