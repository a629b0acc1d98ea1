"""`python -m tools.as_role COMMAND ...`: runs a command as a role of AWS, in a job that GitHub vouches for.

In a job with `id-token: write` GitHub signs who the job is, and for that AWS gives an hour of the role AWS_ROLE_ARN: no
key of AWS is stored anywhere. Everywhere else, and without AWS_ROLE_ARN, the command runs as it stands.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

import requests

AUDIENCE = "sts.amazonaws.com"
SECONDS = 30


class NoRole(Exception):
    """There are no credentials; the message says what refused them."""


def credentials(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables of AWS for the job's role; none outside such a job. Raises NoRole."""
    url, bearer = (environment.get(f"ACTIONS_ID_TOKEN_REQUEST_{part}", "") for part in ("URL", "TOKEN"))
    role = environment.get("AWS_ROLE_ARN", "")
    if not (url and bearer and role):
        return {}
    try:
        answer = requests.get(
            url, params={"audience": AUDIENCE}, headers={"Authorization": f"Bearer {bearer}"}, timeout=SECONDS
        )
        answer.raise_for_status()
        token = answer.json()["value"]
    except (requests.RequestException, ValueError, KeyError) as trouble:
        raise NoRole(f"GitHub gave no token for the job ({type(trouble).__name__}): has it id-token: write?") from None
    return _assumed(role, token, environment)


def _assumed(role: str, token: str, environment: Mapping[str, str]) -> dict[str, str]:
    # A third of a second to import, which only such a job pays.
    import boto3
    from botocore import UNSIGNED
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        sts = boto3.client("sts", region_name=environment.get("AWS_REGION"), config=Config(signature_version=UNSIGNED))
        name = f"github-{environment.get('GITHUB_RUN_ID', '0')}"
        given = sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName=name, WebIdentityToken=token)
    except (ClientError, BotoCoreError) as trouble:
        raise NoRole(f"AWS did not give {role} to this job ({type(trouble).__name__}): see its trust policy") from None
    found = given["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": found["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": found["SecretAccessKey"],
        "AWS_SESSION_TOKEN": found["SessionToken"],
    }


def main(command: list[str]) -> int:
    try:
        given = credentials(os.environ)
    except NoRole as trouble:
        print(f"error: {trouble}", file=sys.stderr)
        return 1
    # Nothing that the command starts can ask GitHub once more.
    used = ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "AWS_ROLE_ARN")
    rest = {name: value for name, value in os.environ.items() if not given or name not in used}
    return os.execvpe(command[0], command, {**rest, **given})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
