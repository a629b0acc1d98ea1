"""Gives an embedded Postgres what a Supabase project has: roles, schema auth, default privileges, a publication.

Migrations need these and never make them. This module runs against embedded servers alone.
"""

from __future__ import annotations

from pathlib import Path

from psycopg2 import sql
from psycopg2.extensions import connection as Connection

ROLES = Path(__file__).with_name("supabase_roles.sql")
DATABASE = Path(__file__).with_name("supabase_database.sql")
DEFAULT_PRIVILEGES = Path(__file__).with_name("supabase_default_privileges.sql")

# The roles of Supabase that log in; the server asks them for a password.
LOGIN_ROLES = ("postgres", "authenticator", "supabase_auth_admin")


def shape_like_supabase(admin: Connection, *, default_privileges: bool = True) -> None:
    """Shapes the cluster and the database that `admin`, a superuser, is connected to; safe to repeat."""
    create_supabase_roles(admin)
    parts = [DATABASE, DEFAULT_PRIVILEGES] if default_privileges else [DATABASE]
    with admin.cursor() as cursor:
        cursor.execute("".join(part.read_text(encoding="utf-8") for part in parts))
    if not admin.autocommit:
        admin.commit()


def create_supabase_roles(admin: Connection) -> None:
    """The part that belongs to the whole cluster; safe to repeat."""
    with admin.cursor() as cursor:
        cursor.execute(ROLES.read_text(encoding="utf-8"))
    if not admin.autocommit:
        admin.commit()


def set_password(admin: Connection, role: str, password: str) -> None:
    """Lets `role` log in with `password`; the server stores a SCRAM verifier and does not log it."""
    with admin.cursor() as cursor:
        cursor.execute(sql.SQL("ALTER ROLE {} PASSWORD %s").format(sql.Identifier(role)), [password])
    if not admin.autocommit:
        admin.commit()


def ensure_database(admin: Connection, name: str) -> bool:
    """Makes the database `name`, empty, if it is missing; returns whether it did. Needs autocommit."""
    with admin.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if cursor.fetchone():
            return False
        cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return True
