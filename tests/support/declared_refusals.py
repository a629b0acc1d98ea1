"""Every response of the app in a test is declared for its route, and every declared refusal is seen in some test.

A pytest plugin, loaded by tests/conftest.py. The first half holds in every run. The second half is checked at the end
of a run with --all-refusals, which `make test` gives: it puts together what the workers have seen, and fails the run
for what is missing.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Mapping
from typing import Any

import pytest

from chalicelib.api import application
from chalicelib.api.endpoints import COMMON, Endpoint, spelled
from chalicelib.api.problems import REASONS
from chalicelib.api.responses import Reply
from chalicelib.call import Call
from tools.api_docs.examples import EXAMPLES

_seen: set[tuple[str, str]] = set()
"""(route, refusal), such as ("POST /functions/v1/create-invite", "CONFLICT too_many_invites")."""
_undeclared: list[str] = []
"""What the running test got and no route declares: what to write in which file."""


@pytest.fixture(scope="session", autouse=True)
def watched_replies() -> Iterator[None]:
    """Looks at every reply of every app object in this process."""
    original = application.answer

    def watched(endpoint: Endpoint, call: Call, path: Mapping[str, str]) -> Reply:
        reply = original(endpoint, call, path)
        _undeclared.extend(_not_declared(endpoint, reply))
        return reply

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(application, "answer", watched)
        yield


# It lists and does not assert: the app object would answer INTERNAL to an AssertionError.
def _not_declared(endpoint: Endpoint, reply: Reply) -> Iterator[str]:
    if reply.status == 200:
        yield from _warnings_not_declared(endpoint, reply)
        return
    reasons = (json.loads(reply.body)["error"]["details"]["reason"],) if reply.code in REASONS else ()
    (refusal,) = spelled({reply.code: reasons})
    _seen.add((endpoint.route, refusal))
    if refusal not in spelled(endpoint.refusals):
        yield f'declare refuses=["{refusal}"] for {endpoint.route} in app.py'


def _warnings_not_declared(endpoint: Endpoint, reply: Reply) -> Iterator[str]:
    name = endpoint.function.__name__
    # An app that a test makes for itself has no examples. The OpenAPI document is long and has no warnings.
    if name in EXAMPLES and '"metadata":{"warnings":' in reply.body:
        for warning in json.loads(reply.body)["metadata"]["warnings"]:
            if warning not in EXAMPLES[name].warnings:
                yield f"declare the warning {warning!r} in the example for {name} in tools/api_docs/examples.py"


def _not_seen() -> list[str]:
    """What app.py declares or derives from ids and keys, and no test has seen. What is common to all is left out."""
    from app import app

    return [
        f"{endpoint.route}: provoke {refusal} in a test, or remove it from refuses=[...] in app.py"
        for endpoint in app.endpoints
        for refusal in spelled(endpoint.refusals)
        if (refusal in endpoint.declared or refusal not in COMMON) and (endpoint.route, refusal) not in _seen
    ]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    _undeclared.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, None, None]:
    try:
        yield
    finally:
        if _undeclared:
            pytest.fail("\n".join(dict.fromkeys(_undeclared)), pytrace=False)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all-refusals", action="store_true", help="fail when no test has seen a declared refusal")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["refusals_seen"] = sorted(_seen)
    elif exitstatus == 0 and session.config.getoption("--all-refusals") and _not_seen():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """xdist's: a worker is done."""
    _seen.update(map(tuple, getattr(node, "workeroutput", {}).get("refusals_seen", [])))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config) -> None:
    if exitstatus == 0 and config.getoption("--all-refusals") and (missing := _not_seen()):
        terminalreporter.section("refusals that are declared and that no test has seen", red=True)
        for line in missing:
            terminalreporter.line(line)
