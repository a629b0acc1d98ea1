"""How often a person may call: classes of calls, the key a call is counted under, and the optional store in Redis.

By default Postgres counts, in the operation's own message (see database.messages). With RATE_LIMIT_STORAGE_URL the
`limits` library counts in Redis, in a sliding window. X-Forwarded-For is never read: the caller
can write anything in it.
"""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from typing import TYPE_CHECKING

from chalicelib import config, deadlines
from chalicelib.call import Call, Limit
from chalicelib.errors import Refused, Unavailable
from chalicelib.telemetry import logs

if TYPE_CHECKING:
    from limits import WindowStats
    from limits.strategies import RateLimiter

PAYMENT = Limit("payment", 20, fail_closed=True)
INVITES = Limit("invites", 20, fail_closed=True)
REDEEM = Limit("redeem", 20, fail_closed=True)
WRITES = Limit("writes", 60)
READS = Limit("reads", 200)

_RETRY_STORE_AFTER = 5.0
_STORE_TIMEOUT = 0.25
STORE_SECONDS = 0.5
"""For a call's count in all: the library's own repeats, and a name that does not resolve, included."""

_making = threading.Lock()
_limiter: RateLimiter | None = None
_store_down_until = 0.0


def key(call: Call, limit: Limit) -> str:
    """The key that the call is counted under: the user, else the address that API Gateway saw.

    An IPv6 address counts by its /64, which one person usually has.
    """
    return f"{limit.name}:{call.user_id if call.user_id is not None else address_key(call.source_ip)}"


def address_key(source_ip: str) -> str:
    """An address as a key; all texts that are no address share one key."""
    try:
        address = ipaddress.ip_address(source_ip)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((int(address), 64), strict=False))
    return str(address)


def count(call: Call, limit: Limit) -> None:
    """Counts a call, or says under which key its first message to Postgres counts it, which is the default.

    Raises RATE_LIMIT, or Unavailable where the class fails closed, when the calls are counted outside Postgres.
    """
    if config.load(config.LimitSettings).rate_limit_storage_url is None:
        call.count_key, call.count_limit = key(call, limit), limit.per_minute
    else:
        count_outside(call, limit)


def count_outside(call: Call, limit: Limit) -> None:
    """Counts a call in the outside store. Raises RATE_LIMIT, or Unavailable where the class must be counted."""
    global _store_down_until
    if time.monotonic() < _store_down_until:
        return _without_store(limit)
    try:
        refused = _take(call, limit)
    except Exception as error:
        # A store that is down, slow or answers nonsense raises many kinds of errors, and all mean the same here.
        _store_down_until = time.monotonic() + _RETRY_STORE_AFTER
        logs.error("rate_limit_store_down", call, error=type(error).__name__, limit=limit.name)
        return _without_store(limit)
    if refused is not None:
        raise refused
    return None


def _without_store(limit: Limit) -> None:
    if limit.fail_closed:
        raise Unavailable("rate limit store")


def _take(call: Call, limit: Limit) -> Refused | None:
    from limits import RateLimitItemPerMinute

    item = RateLimitItemPerMinute(limit.per_minute)
    limiter = _get_limiter()

    def hit() -> WindowStats | None:
        if limiter.hit(item, "sun", key(call, limit)):
            return None
        return limiter.get_window_stats(item, "sun", key(call, limit))

    window = deadlines.within(STORE_SECONDS, hit)
    if window is None:
        return None
    wait = max(1, math.ceil(window.reset_time - time.time()))
    facts = {"limit": limit.per_minute, "remaining": 0, "reset": math.ceil(window.reset_time), "retry_after": wait}
    return Refused("RATE_LIMIT", facts)


def _get_limiter() -> RateLimiter:
    global _limiter
    # One thread makes it: `limits` takes a redis module that another thread is still importing for a too old version.
    with _making:
        if _limiter is None:
            from limits.storage import storage_from_string
            from limits.strategies import MovingWindowRateLimiter

            url = config.load(config.LimitSettings).rate_limit_storage_url or ""
            options = (
                {}
                if url.startswith("memory")
                else {"socket_timeout": _STORE_TIMEOUT, "socket_connect_timeout": _STORE_TIMEOUT}
            )
            _limiter = MovingWindowRateLimiter(storage_from_string(url, **options))
        return _limiter


def reset() -> None:
    """Forgets the store and that it was down."""
    global _limiter, _store_down_until
    _limiter = None
    _store_down_until = 0.0
