"""Each function has a configuration and a policy of its own, and may read no other's."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.config.by_function import FUNCTIONS
from local.settings import ROOT

FOLDER = ROOT / ".chalice"
CONFIG: dict[str, Any] = json.loads((FOLDER / "config.json").read_text())
EACH = [(stage, name) for stage in CONFIG["stages"] for name in FUNCTIONS]


def test_every_stage_configures_exactly_the_functions_there_are() -> None:
    for stage in CONFIG["stages"].values():
        assert stage["lambda_functions"].keys() == FUNCTIONS.keys()
    # Set anywhere else, Chalice ignores environment variables in silence.
    assert "lambda_functions" not in CONFIG


@pytest.mark.parametrize(("stage", "name"), EACH)
def test_a_function_may_write_logs_and_read_its_own_parameter_and_nothing_else(stage: str, name: str) -> None:
    function = CONFIG["stages"][stage]["lambda_functions"][name]
    parameter = f"/stories-from-the-sun/{stage}/{name}"
    assert function["environment_variables"] == {"STAGE": stage, "CONFIG_PARAMETER": parameter}
    policy = json.loads((FOLDER / function["iam_policy_file"]).read_text())
    allowed = {action: statement for statement in policy["Statement"] for action in statement["Action"]}
    assert allowed.keys() == {
        *("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"),
        *("ssm:GetParameter", "kms:Decrypt"),
    }
    own = f"arn:*:ssm:*:*:parameter{parameter}"
    assert allowed["ssm:GetParameter"]["Resource"] == own
    assert allowed["kms:Decrypt"]["Condition"] == {"StringLike": {"kms:EncryptionContext:PARAMETER_ARN": own}}


def test_no_policy_is_left_over_and_none_is_written_by_chalice() -> None:
    used = {CONFIG["stages"][stage]["lambda_functions"][name]["iam_policy_file"] for stage, name in EACH}
    assert {path.name for path in FOLDER.glob("policy-*.json")} == used
    assert CONFIG["autogen_policy"] is False
