"""The rules for addresses: outside the local stack each is reached over TLS, and none is of this machine.

A host is accepted only if every library reads the same host in the address. A rule raises ValueError with a text of its
own, which never repeats the value.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from pathlib import Path
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, ValidationInfo

CERTIFICATES = Path(__file__).parents[1] / "database" / "certificates"
DEFAULT_CA = "supabase-root-2021.crt"
PUBLIC_CAS = "public"
"""The value of DATABASE_CA for a server whose certificate a browser would trust."""

_HOST_NAME = re.compile(r"[A-Za-z0-9._-]{1,253}")
_LOCAL_NAMES = frozenset({"localhost", "localhost4", "localhost6", "ip6-localhost", "ip6-loopback"})
# What says who connects where; libpq's other parameters are the application's to choose.
_DATABASE_PARAMETERS = frozenset({"user", "password", "host", "port", "dbname"})


def is_local_host(host: str) -> bool:
    """Whether a host name or address means this machine, in any spelling that the C library's resolver takes."""
    name = host.lower().rstrip(".")
    if name in _LOCAL_NAMES or name.endswith((".localhost", ".localdomain")):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        try:
            # 127.1, 0x7f.1 and 2130706433 are 127.0.0.1 too.
            address = ipaddress.ip_address(socket.inet_aton(name))
        except OSError:
            return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.is_loopback or address.is_unspecified


def certificate_file(name: str) -> str:
    """The path of the file with the certificate authorities that a DATABASE_CA names."""
    if name == PUBLIC_CAS:
        # The libpq in psycopg2-binary looks for the system's authorities where it was built, and finds none.
        from certifi import where

        return where()
    return str(CERTIFICATES / name)


def _is_host(host: str) -> bool:
    if ":" not in host:
        return bool(_HOST_NAME.fullmatch(host))
    try:
        return ipaddress.IPv6Address(host).scope_id is None
    except ValueError:
        return False


def _is_local_stage(info: ValidationInfo) -> bool:
    return bool(info.data.get("stage") == "local")


def _parts(value: str, schemes: tuple[str, ...], expected: str) -> SplitResult:
    """An address in its parts. Raises ValueError(expected), without the value that urlsplit's own errors repeat."""
    try:
        parts = urlsplit(value)
        readable = parts.port != 0 and _is_host(parts.hostname or "")
    except ValueError:
        readable = False
    if not readable or (schemes and parts.scheme not in schemes) or re.search(r"[^!-~]|\\", value):
        raise ValueError(expected)
    return parts


def _refuse_local(host: str) -> None:
    if is_local_host(host):
        raise ValueError("must not be an address of this machine outside the local stack")


def _refuse_open(parts: SplitResult, info: ValidationInfo) -> None:
    """Outside the local stack: https alone, and no host of this machine."""
    if _is_local_stage(info):
        return
    if parts.scheme == "http":
        raise ValueError("must not be a plain-http address outside the local stack")
    _refuse_local(parts.hostname or "")


def _web_address(value: str, info: ValidationInfo) -> str:
    expected = "must be an http(s) address"
    parts = _parts(value, ("http", "https"), expected)
    if "@" in parts.netloc:
        raise ValueError(expected)
    _refuse_open(parts, info)
    return value.rstrip("/")


def _origin(value: str, info: ValidationInfo) -> str:
    if value == "*":
        return value
    expected = "must be origins such as https://app.example.org, or *"
    parts = _parts(value, (), expected)
    if not parts.scheme or f"{parts.scheme}://{parts.netloc}" != value or "@" in parts.netloc:
        raise ValueError(expected)
    _refuse_open(parts, info)
    return value


def _sentry_dsn(value: str, info: ValidationInfo) -> str:
    expected = "must be a DSN such as https://key@sentry.example.org/1"
    parts = _parts(value, ("http", "https"), expected)
    if not parts.username:
        raise ValueError(expected)
    _refuse_open(parts, info)
    return value


def _counter_store(value: str, info: ValidationInfo) -> str:
    if _is_local_stage(info):
        return value
    parts = _parts(value, ("rediss",), "must be a rediss:// address outside the local stack")
    _refuse_local(parts.hostname or "")
    if parts.query or parts.fragment:
        # ssl_cert_reqs=none and the like; what may stand there is decided by the library, and differs by version.
        raise ValueError("must carry no settings after ? or #: they can switch the certificate's check off")
    return value


def _database_address(value: str, info: ValidationInfo) -> str:
    """Read by libpq itself: its reading of a URL differs from urllib's (`ssl%6Dode=`, `#&sslmode=`)."""
    from psycopg2 import ProgrammingError
    from psycopg2.extensions import parse_dsn

    expected = "must be a postgresql:// address of one host, with parameters that libpq knows"
    if not value.startswith(("postgres://", "postgresql://")):
        raise ValueError(expected)
    try:
        parameters = parse_dsn(value)
    except (ProgrammingError, UnicodeError):
        raise ValueError(expected) from None
    if not _is_host(parameters.get("host", "")) or not parameters.get("port", "5432").isdecimal():
        raise ValueError(expected)
    if _is_local_stage(info):
        return value
    _refuse_local(parameters["host"])
    if parameters.get("sslmode", "verify-full") != "verify-full":
        raise ValueError("must not set sslmode to anything but verify-full outside the local stack")
    for name in sorted(parameters.keys() - _DATABASE_PARAMETERS - {"sslmode"}):
        raise ValueError(f"must not set {name} outside the local stack")
    if not parameters.get("user") or not parameters.get("password"):
        raise ValueError("must name user and password outside the local stack")
    return value


def is_same_database(one: str, other: str) -> bool:
    """Whether two addresses of Postgres differ in user and password alone."""
    from psycopg2.extensions import parse_dsn

    who = {"user": None, "password": None}
    return {**parse_dsn(one), **who} == {**parse_dsn(other), **who}


def _certificate_authority(value: str) -> str:
    if value != PUBLIC_CAS and value not in {path.name for path in CERTIFICATES.glob("*.crt")}:
        raise ValueError(
            f"must name a .crt file in chalicelib/database/certificates, or be {PUBLIC_CAS}; Supabase offers its own"
            " in the dashboard: Database, Settings, SSL Configuration"
        )
    return value


Address = Annotated[str, AfterValidator(_web_address)]
CertificateAuthority = Annotated[str, AfterValidator(_certificate_authority)]
CounterStore = Annotated[str, AfterValidator(_counter_store)]
DatabaseAddress = Annotated[str, AfterValidator(_database_address)]
Origin = Annotated[str, AfterValidator(_origin)]
SentryDsn = Annotated[str, AfterValidator(_sentry_dsn)]
