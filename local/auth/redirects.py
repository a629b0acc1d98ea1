"""Where a sign-in link may redirect to: the origin of the app and this machine, and nowhere else."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

_LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


def safe_redirect(wanted: str | None, app_url: str) -> str:
    """`wanted` without its fragment when it is an address of the app or of this machine, else `app_url`."""
    if not wanted or not wanted.isascii() or not wanted.isprintable() or any(sign in wanted for sign in "\\ @"):
        return app_url  # a browser and urlsplit could read such an address differently
    try:
        url, app = urlsplit(wanted), urlsplit(app_url)
        same_origin = (url.scheme, url.hostname, url.port) == (app.scheme, app.hostname, app.port)
    except ValueError:
        return app_url
    on_this_machine = url.scheme in {"http", "https"} and url.hostname in _LOOPBACK_HOSTS
    if not url.hostname or not (same_origin or on_this_machine):
        return app_url
    return urlunsplit(url._replace(fragment=""))


def with_query(address: str, values: Mapping[str, str]) -> str:
    """The address with these values in its query, replacing its own of the same name."""
    url = urlsplit(address)
    kept = [(name, value) for name, value in parse_qsl(url.query, keep_blank_values=True) if name not in values]
    return urlunsplit(url._replace(query=urlencode([*kept, *values.items()])))


def with_fragment(address: str, values: Mapping[str, str]) -> str:
    """The address with these values after the #, where only the page itself sees them."""
    return f"{address}#{urlencode({**values, 'sb': ''})}"
