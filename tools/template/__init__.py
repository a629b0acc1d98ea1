"""The template of a stage: what Chalice made, completed step by step into what CloudFormation gets.

Every step is a pure function in a file of its own. It reads the document as the steps before it left it, and returns
what it changes as a JSON merge patch: an object is merged into the object of the same name, null removes, and anything
else replaces. Nothing here reads a file, the clock or the network: the same document gives the same template.
"""

from __future__ import annotations

from collections.abc import Callable

from tools.template import (
    alarms,
    api,
    dashboard,
    functions,
    gateway_responses,
    log_groups,
    roles,
    runs,
    runtime,
    switches,
    version,
)
from tools.template.document import Release, Template, merge

Step = Callable[[Template, Release], Template]

STEPS: tuple[Step, ...] = (
    # First: what follows asks which functions there are.
    functions.shape_functions,
    runtime.run_as_built,
    roles.give_roles,
    version.note_version,
    api.serve,
    gateway_responses.answer_in_our_shape,
    log_groups.keep_logs,
    runs.keep_unfinished,
    switches.add_switches,
    alarms.add_alarms,
    # Last, because it shows the alarms.
    dashboard.add_dashboard,
)


def finish(document: Template, stage: str, version: str, architecture: str = "arm64") -> Template:
    """The stage's template, made of Chalice's document. Raises ValueError, naming what is wrong."""
    release = Release(stage, version, architecture)
    for step in STEPS:
        document = merge(document, step(document, release))
    return document
