"""The operator's commands, from a checkout: what a stage does, its queue, flags, billing, objects, logs, a restore.

Each prints the stage and the database's host before it does anything, and refuses an environment that names variables
of two stages. A command that writes outside the local stack asks first. They work through the modules and SQL functions
of the app, with their locks.
"""
