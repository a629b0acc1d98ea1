"""What an operator switches is off where an account may not have it, and says yes to nothing by itself."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from local.settings import ROOT
from tests.support.sam import STAGES, finished_document
from tools.template.document import functions_of
from tools.template.functions import FUNCTIONS

SWITCHES = {"ReservedConcurrency", "FastStart", "Tracing", "AddressLimit"}


def of(stage: str, part: str) -> dict[str, Any]:
    found: dict[str, Any] = finished_document(stage)[part]
    return found


@pytest.mark.parametrize("stage", STAGES)
def test_every_switch_has_a_default_and_costs_nothing_unless_somebody_asks(stage: str) -> None:
    parameters = of(stage, "Parameters")
    defaults = {name: parameters[name]["Default"] for name in SWITCHES}
    # Reserving costs nothing, and needs an account with more than Lambda's first ten.
    assert defaults == {
        "ReservedConcurrency": "yes" if stage == "prod" else "no",
        "FastStart": "no",
        "Tracing": "no",
        "AddressLimit": 0,
    }


@pytest.mark.parametrize("stage", STAGES)
def test_every_condition_is_used_and_every_used_one_exists(stage: str) -> None:
    text = json.dumps(of(stage, "Resources"))
    used = {name for pair in re.findall(r'"Fn::If": \["(\w+)"|"Condition": "(\w+)"', text) for name in pair if name}
    assert used == of(stage, "Conditions").keys()


def test_only_what_anybody_can_call_is_limited_and_only_it_starts_fast() -> None:
    document = finished_document("prod")
    for name, resource in functions_of(document).items():
        function = document["Resources"][resource]["Properties"]
        limited = {"Fn::If": ["Reserve", FUNCTIONS[name].at_most, {"Ref": "AWS::NoValue"}]}
        assert function.get("ReservedConcurrentExecutions") == (limited if FUNCTIONS[name].at_most else None)
        assert ("SnapStart" in function) == (name in ("api_handler", "stripe_webhook"))
        assert function["Tracing"] == {"Fn::If": ["Trace", "Active", "PassThrough"]}
        assert {"Ref": f"{resource}Role"} in document["Resources"]["TracePolicy"]["Properties"]["Roles"]


def test_the_limit_for_one_address_counts_everything_but_stripe_s_events() -> None:
    resources = of("prod", "Resources")
    (rule,) = resources["WebAcl"]["Properties"]["Rules"]
    rate = rule["Statement"]["RateBasedStatement"]
    assert (rate["Limit"], rate["AggregateKeyType"], rule["Action"]) == ({"Ref": "AddressLimit"}, "IP", {"Block": {}})
    exempt = rate["ScopeDownStatement"]["NotStatement"]["Statement"]["ByteMatchStatement"]
    assert exempt["SearchString"] == "/functions/v1/stripe-webhook"
    assert {each["Condition"] for name, each in resources.items() if name.startswith("WebAcl")} == {"LimitAddresses"}


@pytest.mark.parametrize("name", sorted(SWITCHES))
def test_every_switch_is_in_the_operator_s_table(name: str) -> None:
    variable = re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper()
    assert f"`{variable}" in (ROOT / "docs" / "template.md").read_text("utf-8")
