"""Whatever order, number and age of the events: a family ends with what Stripe shows, and each event counts once."""
