"""Each function of a stage imports what it needs: a cold start pays for the rest, and a process can use what it has."""

from __future__ import annotations

import functools
import json
import subprocess
import sys

import pytest

from app import app
from chalicelib import webhook
from chalicelib.api.application import SunApi
from local.functions import handlers
from local.settings import ROOT
from tools.template.functions import FUNCTIONS, WEBHOOK_PATH

MODULES = {name: function.handler.rpartition(".")[0] for name, function in FUNCTIONS.items()}
SCHEDULES = sorted(FUNCTIONS.keys() - {"api_handler", "stripe_webhook"})

# A child for each entry, so that what one imports is not found by the next.
SCRIPT = """
import importlib, json, os, sys

for name in json.loads(sys.argv[1]):
    child = os.fork()
    if child == 0:
        importlib.import_module(name)
        print(json.dumps(sorted(sys.modules)), flush=True)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0, name
"""

HEAVY = {"boto3", "botocore", "cryptography", "limits", "redis", "sentry_sdk", "stripe", "urllib3"}
"""Libraries that are imported with their first use alone: together they take longer than all the rest."""
OF_THE_API = {
    "chalice",
    "jwt",
    "chalicelib.api.auth",
    "chalicelib.operations",
    "chalicelib.resources",
    "chalicelib.webhook",
}
OF_STRIPE = {"chalicelib.billing"}
OF_STORAGE = {"chalicelib.storage"}
DELETION = {"chalicelib.storage.deletion", "chalicelib.schedules.cleanup_media"}
MUST_NOT: dict[str, set[str]] = {
    # PyJWT imports cryptography.
    "api_handler": HEAVY - {"cryptography"} | DELETION | {"chalicelib.schedules.handler", "chalicelib.webhook"},
    "stripe_webhook": HEAVY
    | OF_STORAGE
    | {"jwt", "chalicelib.resources", "chalicelib.schedules", "chalicelib.api.shapes"},
    "process_jobs": HEAVY | OF_THE_API | OF_STORAGE | OF_STRIPE | {"chalicelib.mail", "chalicelib.analytics"},
    "settle_uploads": HEAVY | OF_THE_API | OF_STRIPE | DELETION | {"chalicelib.mail", "chalicelib.queue"},
    "cleanup_media": HEAVY | OF_THE_API | OF_STRIPE | {"chalicelib.mail", "chalicelib.queue"},
    "audit_storage": HEAVY | OF_THE_API | OF_STRIPE | DELETION | {"chalicelib.mail", "chalicelib.queue"},
    "copy_recordings": HEAVY | OF_THE_API | OF_STRIPE | DELETION | {"chalicelib.mail"},
    "reconcile_billing": HEAVY | OF_THE_API | OF_STORAGE | {"chalicelib.mail", "chalicelib.queue"},
    "send_error_digest": HEAVY | OF_THE_API | OF_STORAGE | OF_STRIPE | {"chalicelib.queue"},
}


@functools.cache
def imported() -> dict[str, set[str]]:
    """A function -> the modules that are there when its entry module is imported."""
    command = [sys.executable, "-c", SCRIPT, json.dumps(list(MODULES.values()))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return dict(zip(MODULES, (set(json.loads(line)) for line in done.stdout.splitlines()), strict=True))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_entry_module_imports_what_its_function_needs_and_no_more(function: str) -> None:
    found = imported()[function]
    assert MODULES[function] in found
    assert found & MUST_NOT[function] == set()


def test_the_process_of_the_api_has_no_function_that_deletes_an_object() -> None:
    """R2's keys cannot be kept from deleting what they may write, so the code must not be there."""
    holders = {function for function, modules in imported().items() if "chalicelib.storage.deletion" in modules}
    assert holders == {"cleanup_media"}


def test_the_function_of_the_webhook_serves_what_the_map_declares_and_nothing_else() -> None:
    declared = [endpoint for endpoint in app.endpoints if endpoint.access == "webhook"]
    assert webhook.app.endpoints == declared
    assert [endpoint.path for endpoint in declared] == [WEBHOOK_PATH]


def test_every_schedule_of_the_map_is_a_function() -> None:
    assert sorted(source.name for source in app.event_sources) == SCHEDULES


def test_the_processes_of_the_local_stack_are_the_functions_of_the_template() -> None:
    assert handlers(app) == {name: function.handler for name, function in FUNCTIONS.items()}


def test_a_schedule_without_a_module_fails_when_it_is_declared() -> None:
    with pytest.raises(TypeError, match=r"there is no chalicelib\.schedules\.thank_everybody"):
        SunApi("stories-from-the-sun").scheduled("cron(0 * * * ? *)", "thank_everybody")
