-- Undoes 20261121140000_days_in_trash.sql. The older views and functions have the number themselves.

DROP FUNCTION rls.days_in_trash();
