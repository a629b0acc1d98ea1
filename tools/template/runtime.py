"""The Python and the processor of every function: those that its code was built for."""

from __future__ import annotations

from tools.package.target import RUNTIME
from tools.template.document import Release, Template, functions_of


def run_as_built(document: Template, release: Release) -> Template:
    """Chalice names the Python that ran it, and no processor."""
    properties = {"Properties": {"Runtime": RUNTIME, "Architectures": [release.architecture]}}
    return {"Resources": dict.fromkeys(functions_of(document).values(), properties)}
