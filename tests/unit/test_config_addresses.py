"""Outside the local stack every configured address is one server's, over TLS; how it is written changes nothing."""

from __future__ import annotations

import datetime
from pathlib import Path

import psycopg2.extensions
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from chalicelib import config
from chalicelib.config import addresses
from chalicelib.config.by_function import ApiFunction
from chalicelib.errors import MissingConfiguration
from tests.unit.test_config import PROD, problems

DATABASE = "postgresql://app_login:pa55@db.example.org:6543/postgres"

THIS_MACHINE = [
    *("localhost", "LOCALHOST", "localhost.", "api.localhost", "localhost.localdomain", "ip6-localhost", "localhost6"),
    *("127.0.0.1", "127.0.0.1.", "127.1", "127.0.1", "127.8.9.10", "0x7f.1", "0x7f000001", "0177.0.0.1", "2130706433"),
    *(
        "0.0.0.0",
        "0",
        "[::1]",
        "[::]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::ffff:0.0.0.0]",
    ),
]

WEB = [
    *((config.AuthSettings, "SUPABASE_URL"), (config.AuthSettings, "SUPABASE_JWKS_URL")),
    *((config.StorageSettings, "R2_ENDPOINT_URL"), (config.BackupSettings, "BACKUP_ENDPOINT_URL")),
    *((config.BillingSettings, "STRIPE_API_BASE"), (config.MailSettings, "RESEND_API_URL")),
    *((config.AnalyticsSettings, "POSTHOG_HOST"), (config.MonitoringSettings, "SENTRY_DSN")),
    *((config.AppSettings, "APP_URL"), (config.HttpSettings, "ALLOWED_ORIGINS")),
]


def address(name: str, host: str, scheme: str = "https") -> str:
    """The address of a host, as this variable takes it."""
    return f"{scheme}://key@{host}/1" if name == "SENTRY_DSN" else f"{scheme}://{host}"


@pytest.mark.parametrize("host", THIS_MACHINE)
@pytest.mark.parametrize(("group", "name"), WEB)
def test_no_spelling_of_this_machine_is_taken_for_another(group: type[config.Settings], name: str, host: str) -> None:
    reason = "must not be an address of this machine outside the local stack"
    assert problems(group, **{name: address(name, host)}) == {name: reason}
    assert problems(group, **{name: address(name, host, "HTTPS")}).keys() == {name}


@pytest.mark.parametrize("host", THIS_MACHINE)
@pytest.mark.parametrize(
    ("group", "name", "before"),
    [
        (config.DatabaseSettings, "DATABASE_URL", "postgresql://a:pa55@"),
        (config.LimitSettings, "RATE_LIMIT_STORAGE_URL", "rediss://:pa55@"),
    ],
)
def test_neither_postgres_nor_redis_is_this_machine(
    group: type[config.Settings], name: str, before: str, host: str
) -> None:
    reason = "must not be an address of this machine outside the local stack"
    assert problems(group, **{name: f"{before}{host}/0"}) == {name: reason}
    assert problems(group, **{name: f"{before}{host}:6379/0"}) == {name: reason}


@pytest.mark.parametrize(("group", "name"), WEB)
def test_no_address_is_reached_in_the_clear(group: type[config.Settings], name: str) -> None:
    reason = "must not be a plain-http address outside the local stack"
    assert problems(group, **{name: address(name, "api.example.org", "http")}) == {name: reason}
    assert problems(group, **{name: address(name, "api.example.org", "HTTP")}).keys() == {name}


@pytest.mark.parametrize(
    "value",
    [
        *(
            "redis://:pa55@cache.example.org",
            "ftp://api.example.org",
            "postgresql://a:pa55@db.example.org/x",
            "memory://",
        ),
        *("https://:pa55word@api.example.org", "https://@api.example.org", "//api.example.org", "api.example.org"),
        *(
            "https:/api.example.org",
            "https:///path",
            "https://api.example.org:99999",
            "https://api.example.org:pa55word",
        ),
        # What one library reads as a part of the host and another does not.
        *("https://api.example.org\\@localhost", "https://%6cocalhost", "https://api.example.org%00.localhost"),
        *("https://\uff11\uff12\uff17.0.0.1", "https://l\u00f6calhost", "https://api.example.org\t.localhost"),
        *(
            "https://api.exam\nple.org",
            "https://api.example.org/a b",
            "https://api.example.org/\\@other",
            "https://a\u00a0.org",
        ),
        *("https://[::1", "https://[secret-text]", "https://[fe80::1%25lo]", "https://api.example.org,localhost"),
    ],
)
@pytest.mark.parametrize(("group", "name"), [case for case in WEB if case[1] != "ALLOWED_ORIGINS"])
def test_what_is_not_plainly_an_https_address_is_refused_without_its_value(
    group: type[config.Settings], name: str, value: str
) -> None:
    reason = problems(group, **{name: value})[name]
    assert reason.startswith("must ")
    for part in ("secret-text", "pa55", "localhost"):
        assert part not in reason


@pytest.mark.parametrize("value", ["localhost:9000/x?", "evil.example.org/", "a@evil.example.org#", "a.b", ""])
def test_an_account_is_a_part_of_a_host_and_no_more(value: str) -> None:
    assert "R2_ACCOUNT_ID" in problems(config.StorageSettings, R2_ACCOUNT_ID=value)


@pytest.mark.parametrize(
    "value",
    [
        *(
            "redis://:pa55@cache.example.org:6379",
            "REDIS://:pa55@cache.example.org",
            "memory://",
            "memcached://cache:1",
        ),
        *(
            "redis+sentinel://cache.example.org",
            "redis+unix:///tmp/redis.sock",
            "unix:///tmp/redis.sock",
            "rediss:///0",
        ),
        *("async+rediss://cache.example.org", "http://cache.example.org", "rediss:/cache.example.org"),
    ],
)
def test_calls_are_counted_over_tls_alone(value: str) -> None:
    reason = "must be a rediss:// address outside the local stack"
    assert problems(config.LimitSettings, RATE_LIMIT_STORAGE_URL=value) == {"RATE_LIMIT_STORAGE_URL": reason}


@pytest.mark.parametrize(
    "query",
    ["?ssl_cert_reqs=none", "?ssl_check_hostname=false", "?ssl_ca_certs=/tmp/x", "?db=1", "#x", "?SSL_CERT_REQS=0"],
)
def test_the_counters_address_cannot_switch_the_check_of_its_certificate_off(query: str) -> None:
    value = f"rediss://:pa55@cache.example.org:6380/0{query}"
    assert "RATE_LIMIT_STORAGE_URL" in problems(config.LimitSettings, RATE_LIMIT_STORAGE_URL=value)
    config.check(config.LimitSettings, {**PROD, "RATE_LIMIT_STORAGE_URL": value.partition("?")[0].partition("#")[0]})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("sslmode", mode) for mode in ("disable", "allow", "prefer", "require", "verify-ca")),
        *(("sslrootcert", "system"), ("sslrootcert", "/tmp/other.crt"), ("sslcert", "/tmp/x"), ("sslkey", "/tmp/x")),
        *(
            ("gssencmode", "prefer"),
            ("require_auth", "password"),
            ("require_auth", "none"),
            ("channel_binding", "disable"),
        ),
        *(("hostaddr", "192.0.2.7"), ("service", "other"), ("passfile", "/tmp/x"), ("options", "-crole%3Dpostgres")),
        *(("krbsrvname", "x"), ("sslnegotiation", "direct"), ("ssl_min_protocol_version", "TLSv1"), ("sslsni", "0")),
        *(("load_balance_hosts", "random"), ("target_session_attrs", "any"), ("replication", "database")),
        *(("application_name", "x"), ("connect_timeout", "60"), ("client_encoding", "latin1"), ("sslcrl", "/tmp/x")),
    ],
)
def test_a_setting_in_the_databases_address_is_refused_by_name(name: str, value: str) -> None:
    found = problems(config.DatabaseSettings, DATABASE_URL=f"{DATABASE}?{name}={value}")
    assert list(found) == ["DATABASE_URL"]
    assert name in found["DATABASE_URL"]
    assert value not in found["DATABASE_URL"].replace("verify-full", "")


@pytest.mark.parametrize(
    "url",
    [
        # Parameters as libpq reads them, and urllib does not.
        *(
            f"{DATABASE}?ssl%6Dode=disable",
            f"{DATABASE}?sslmode=verify-full#&sslmode=disable",
            f"{DATABASE}?requiressl=1",
        ),
        *(f"{DATABASE}?sslmode=verify-full&sslmode=require", f"{DATABASE}?ssl=true", f"{DATABASE}?host=localhost"),
        *(f"{DATABASE}?host=/tmp", f"{DATABASE}?host=db.example.org,localhost", f"{DATABASE}?port=1,2"),
        # Several hosts, no host, a socket's folder.
        *("postgresql://a:pa55@db.example.org,localhost/x", "postgresql://a:pa55@db.example.org:1,db.example.net:2/x"),
        *("postgresql:///x", "postgresql://a:pa55@/x", "postgresql://a:pa55@%2Ftmp/x", "postgresql://a:pa55@@tmp/x"),
        *("postgresql://a:pa55@%6cocalhost/x", "postgresql://a:pa55@db.example.org:port/x"),
        # Whoever is to log in is named, so that no file or variable is asked who it is.
        *("postgresql://db.example.org/x", "postgresql://a@db.example.org/x", "postgresql://:pa55@db.example.org/x"),
        # No address at all.
        *(
            "host=db.example.org user=a password=pa55",
            "POSTGRESQL://a:pa55@db.example.org/x",
            "mysql://a:pa55@b/c",
            "x",
        ),
        *(f"{DATABASE}?pgbouncer=true", f"{DATABASE}?x=1&sslmode=prefer", "postgresql://a:pa55@db.example.org/%zz"),
    ],
)
def test_the_databases_address_names_one_server_and_one_person(url: str) -> None:
    reason = problems(config.DatabaseSettings, DATABASE_URL=url)["DATABASE_URL"]
    assert reason.startswith("must ") and "pa55" not in reason


@pytest.mark.parametrize(
    "url",
    [
        *(
            DATABASE,
            f"{DATABASE}?sslmode=verify-full",
            "postgres://a:pa55@192.0.2.7/x",
            "postgresql://a:pa55@[2001:db8::7]/x",
        ),
        *("postgresql://postgres.abc:pa55@aws-0-eu-west-1.pooler.supabase.com:6543/postgres",),
        *("postgresql://a:%5Bodd%40%23%3F%5D@db.example.org/x", "postgresql://a:p[5@db.example.org/x"),
    ],
)
def test_an_address_of_one_server_is_accepted(url: str) -> None:
    assert config.check(config.DatabaseSettings, {**PROD, "DATABASE_URL": url}).database_url == url


def test_a_password_with_brackets_does_not_reach_an_error() -> None:
    """urlsplit repeats what stands in brackets."""
    with pytest.raises(MissingConfiguration) as caught:
        config.check(config.DatabaseSettings, {**PROD, "DATABASE_URL": "postgresql://a:[s3cret]@localhost/x"})
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("value", ["no.crt", "../queries/x.crt", "/etc/ssl/certs/ca.crt", "system", "README.md", "x"])
def test_an_authority_is_a_file_that_ships_with_the_code(value: str) -> None:
    reason = problems(config.DatabaseSettings, DATABASE_CA=value)["DATABASE_CA"]
    assert "certificates" in reason and "dashboard" in reason


def test_channel_binding_is_preferred_or_required_and_never_given_up() -> None:
    assert config.check(config.DatabaseSettings, PROD).database_channel_binding == "prefer"
    assert "DATABASE_CHANNEL_BINDING" in problems(config.DatabaseSettings, DATABASE_CHANNEL_BINDING="disable")


def test_the_local_stage_takes_what_the_local_stack_has() -> None:
    local = {
        "DATABASE_URL": "postgresql://a@localhost:54322/x?sslmode=disable&options=-cwork_mem%3D1MB",
        "RATE_LIMIT_STORAGE_URL": "memory://",
        "R2_ENDPOINT_URL": "http://127.0.0.1:9000",
        "SENTRY_DSN": "http://key@localhost/1",
        "APP_URL": "http://[::1]:8000",
    }
    assert config.check(ApiFunction, {**PROD, **local, "STAGE": "local"}).app_url == "http://[::1]:8000"


# --- the authorities that ship ---------------------------------------------------------------------------------------

SHIPPED = sorted(addresses.CERTIFICATES.glob("*.crt"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_a_shipped_authority_signs_itself_and_has_months_to_live(path: Path) -> None:
    """Once it has expired, nothing connects any more: renew it while this test still says so in time."""
    for certificate in x509.load_pem_x509_certificates(path.read_bytes()):
        certificate.verify_directly_issued_by(certificate)
        assert certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        ends = certificate.not_valid_after_utc - datetime.datetime.now(datetime.UTC)
        assert ends > datetime.timedelta(days=180)


def test_supabases_root_is_the_one_it_publishes() -> None:
    """As several people who downloaded it from Supabase's dashboard wrote its fingerprint down."""
    (root,) = x509.load_pem_x509_certificates((addresses.CERTIFICATES / "supabase-root-2021.crt").read_bytes())
    assert root.subject.rfc4514_string().startswith("CN=Supabase Root 2021 CA,O=Supabase Inc")
    fingerprint = "807025ad50d4ed219d2c9c7d299c004f824eb00cf7f65afef607d07b72e6cafa"
    assert root.fingerprint(hashes.SHA256()).hex() == fingerprint
    assert addresses.certificate_file(config.check(config.DatabaseSettings, PROD).database_ca).endswith(
        "chalicelib/database/certificates/supabase-root-2021.crt"
    )


def test_public_authorities_come_from_the_package() -> None:
    """The system's are not found: the libpq of psycopg2-binary looks for them in the folder it was built in."""
    file = Path(addresses.certificate_file(addresses.PUBLIC_CAS))
    assert file.read_text("utf-8").count("-----BEGIN CERTIFICATE-----") > 50


def test_libpq_knows_what_is_asked_of_it() -> None:
    """require_auth came with 16."""
    assert psycopg2.extensions.libpq_version() >= 160000
