"""People of a running stack who sign in without a mail: known as Supabase Auth makes them, with tokens like its own."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import psycopg2

from local.auth import issue_token
from local.auth.settings import AuthSettings
from tests.support.local_stack import RunningStack


def sign_up(stack: RunningStack) -> Callable[[], tuple[str, str]]:
    """Makes people known, without their mails: each call gives another's id and token."""
    env = stack.env
    auth = AuthSettings(
        url=stack.origin, jwt_secret=env["SUPABASE_JWT_SECRET"], anon_key=env["ANON_KEY"], app_url=env["APP_URL"]
    )

    def make() -> tuple[str, str]:
        user_id = uuid.uuid4()
        email = f"{user_id.hex}@example.org"
        connection = psycopg2.connect(env["ADMIN_DATABASE_URL"])
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO auth.users (id, email) VALUES (%s, %s)", [str(user_id), email])
        connection.close()
        return str(user_id), issue_token(auth, user_id, email)

    return make
