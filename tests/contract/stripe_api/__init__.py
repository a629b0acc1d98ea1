"""Stripe's stand-in driven by the real stripe library: what it does, and what it refuses as Stripe would."""
