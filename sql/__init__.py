"""The database's SQL (migrations, views, functions, dashboards) and the program that applies it. Never deployed."""
