"""Forged tokens over the wire, in each way a stage can be set up: shared secret, published keys, or both."""
