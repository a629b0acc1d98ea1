"""`make dashboard`: every query of sql/dashboards as one page of HTML, what needs somebody on top.

The page holds all that it shows: no script, no address to fetch from, so it opens without a network and can be kept
with the notes of an incident. It shows ids of families and counts, and nobody's name, address or words. The command
reads alone. The database is MIGRATIONS_DATABASE_URL, by default the local stack's.
"""
