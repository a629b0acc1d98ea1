-- From here on the views of schema wire are made from sql/views, and no migration makes or changes one.
--
-- The views that older migrations made stay until the files replace them, in the same run: no request meets a missing view.

COMMENT ON SCHEMA wire IS 'One view for each thing the API returns, each made from its file in sql/views. Views run as their caller.';
