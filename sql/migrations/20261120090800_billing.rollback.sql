DROP TABLE ops.stripe_events;
DROP TABLE ops.billing_customers;
