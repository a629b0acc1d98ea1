"""In which order the functions of a release begin to serve.

First what works behind the API (the schedules), then the webhook, the API last: a new API may leave work that only the
new schedules know, while new schedules must do the work that is there already, which the release before left. A
rollback goes the other way round. A deployment that dies between two of them leaves such a mixture, and it works.
"""

from __future__ import annotations

from tools.template.document import Template
from tools.template.releases import function_behind, functions_of

API_PATH = "/readyz"
WEBHOOK_PATH = "/functions/v1/stripe-webhook"


def ordered(template: Template) -> list[str]:
    """The template's functions, the first to serve first."""
    webhook, api = function_behind(template, WEBHOOK_PATH), function_behind(template, API_PATH)
    http = [webhook, api] if webhook != api else [api]
    return [*(name for name in functions_of(template) if name not in http), *http]
