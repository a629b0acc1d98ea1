"""The contract of Supabase Auth as its clients see it, held against the local stand-in over real HTTP."""
