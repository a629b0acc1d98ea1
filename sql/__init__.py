"""The database's own text (migrations, functions, dashboards) and the program that applies it. Never deployed."""
