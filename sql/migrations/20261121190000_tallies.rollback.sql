-- Undoes 20261121190000_tallies.sql. Durations, counts of dropped uploads and the last answer of /health are forgotten.

DROP INDEX public.idx_recordings_created;
ALTER TABLE ops.call_counts DROP COLUMN refused;
DROP TABLE ops.health_probes;
DROP TABLE ops.tallies;
