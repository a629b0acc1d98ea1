"""The sign-in mail: one mail with the code to type and the link to click."""

import html
from urllib.parse import urlencode

SUBJECT = "Your sign-in code for Stories From the Sun"

_TEXT = """Your sign-in code is

{code}

Type it into the app, or open this link:

{link}

The code and the link work once, for ten minutes. If you did not ask for them, do nothing.
"""

_HTML = """<div style="font-family: system-ui, sans-serif; max-width: 32rem; margin: 0 auto; color: #2b2420">
<p>Your sign-in code is</p>
<p style="font-size: 2rem; letter-spacing: .2em"><strong>{code}</strong></p>
<p>Type it into the app, or <a href="{link}">sign in with this link</a>.</p>
<p>The code and the link work once, for ten minutes. If you did not ask for them, do nothing.</p>
</div>
"""


def sign_in_mail(issuer: str, code: str, link_token: str, redirect_to: str) -> tuple[str, str]:
    """The mail's (html, text)."""
    query = urlencode({"token": link_token, "type": "magiclink", "redirect_to": redirect_to})
    link = f"{issuer}/verify?{query}"
    return _HTML.format(code=code, link=html.escape(link)), _TEXT.format(code=code, link=link)
