"""What a deployment works on, and who may start it: printed first, and asked for."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass

from local.settings import ROOT
from tools.deploy.aws import Aws
from tools.operate.stage import Stage, confirm
from tools.postgres_programs import where

URL = "MIGRATIONS_DATABASE_URL"
FAMILIES = ("prod",)
"""The stages on which real families are: guards that only warn elsewhere refuse here."""


class Mistaken(Exception):
    """A value that the command got is missing or wrong; the message says what to give instead."""


@dataclass(frozen=True)
class Target:
    """A stage of an account, and its database."""

    stage: str
    aws: Aws
    url: str
    """Of the database, for migrations; empty for a command that leaves it alone."""

    def __str__(self) -> str:
        database = f", database {where(self.url)}" if self.url else ""
        return f"stage {self.stage}, account {self.aws.account}, region {self.aws.region}{database}"

    def confirm(self, deed: str) -> None:
        """Asks for the stage's name, or reads it from CONFIRM. Raises tools.operate's Mistaken."""
        confirm(Stage(self.stage, where(self.url) if self.url else ""), deed)


def choose(*, database: bool) -> Target:
    """The target that the environment names. Raises Mistaken, AwsFailed."""
    stage = os.environ.get("STAGE", "").strip()
    known = sorted(json.loads((ROOT / ".chalice" / "config.json").read_text("utf-8"))["stages"])
    if stage not in known:
        raise Mistaken(f"name the stage: STAGE={'|'.join(known)}")
    if region := os.environ.get("AWS_REGION", "").strip():
        # AWS' own command reads the one, and its library for Python the other.
        os.environ["AWS_DEFAULT_REGION"] = region
    url = os.environ.get(URL, "").strip()
    if database and not url:
        raise Mistaken(f"set {URL}: the direct connection, or Supabase's session pooler, of {stage}")
    return Target(stage, Aws(stage), url if database else "")
