"""What we assume of our vendors, and how each assumption is tried with real credentials: `make verify-vendors`.

Everything is made under a name of its own run, remembered before it is made, and removed at the end. Nothing that the
command did not make itself is ever changed.
"""
