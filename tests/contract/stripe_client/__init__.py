"""chalicelib.billing, with the real stripe library, against Stripe's stand-in."""
