"""The settings of Supabase Auth's stand-in, and its fixed times and limits."""

from dataclasses import dataclass, field
from typing import Literal

ACCESS_TOKEN_SECONDS = 3600
CODE_SECONDS = 600
# Supabase Auth gives an authorization code of the PKCE flow five minutes.
AUTH_CODE_SECONDS = 300
# Within these, an older refresh token is accepted: the client may have lost an answer, or two tabs refresh at once.
REUSE_SECONDS = 10
WRONG_CODES_ALLOWED = 5
MAILS_PER_HOUR = 100


@dataclass(frozen=True)
class AuthSettings:
    """`url` is the origin clients give to createClient; `app_url` the app's, where sign-in links lead by default.

    Secrets stay out of the repr, so that they stay out of logs and tracebacks.
    """

    url: str
    jwt_secret: str = field(repr=False)
    anon_key: str = field(repr=False)
    app_url: str
    signing: Literal["HS256", "ES256"] = "HS256"

    @property
    def issuer(self) -> str:
        """The `iss` of every access token."""
        return f"{self.url.rstrip('/')}/auth/v1"
