-- Undoes 20261121110000_publish_table.sql. Tables that were published keep what they have.

DROP FUNCTION ops.publish_table(regclass);
