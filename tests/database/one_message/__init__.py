"""A call is one message to Postgres: counted, done as the right person, and gone without a trace."""
