"""VERSION, the commit that a function was made of: it is in each log line, and Sentry's release."""

from __future__ import annotations

import re

from tools.template.document import Release, Template, functions_of

# What Sentry takes as a release.
_VERSION = re.compile(r"[A-Za-z0-9._+-]{1,64}")


def note_version(document: Template, release: Release) -> Template:
    """VERSION in the environment of every function. Raises ValueError for one that Sentry would not take."""
    if not _VERSION.fullmatch(release.version):
        raise ValueError("VERSION must be 1 to 64 of letters, digits, dot, underscore, plus and dash")
    properties = {"Properties": {"Environment": {"Variables": {"VERSION": release.version}}}}
    return {"Resources": dict.fromkeys(functions_of(document).values(), properties)}
