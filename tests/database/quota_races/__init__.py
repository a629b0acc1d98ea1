"""A family's bytes when people, the clock and Stripe come at once: on real connections, with the waiting forced."""
