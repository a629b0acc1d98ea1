"""What does a cold start cost by the finished zip, and what would it cost without byte code? `make bench` measures it.

Builds the zip for this machine, and starts the API's function from it, by Lambda's runtime client, in turn with the
same files less their byte code. Processor time is measured, from the start of the process to its first signed upload
URL, because a busy machine disturbs it little. Prints medians and spread; exits 1 where byte code saves too little.
"""

from __future__ import annotations

import json
import shutil
import statistics
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from local.functions.pool import Code, Process
from tests.support.api import ISSUER, SECRET, Person
from tests.support.database_server import Database, Run
from tests.support.gateway import event_of
from tools.package import PackagingFailed
from tools.package.build import build_zip
from tools.package.story import this_machine, unpacked

ROUNDS = 9
SECONDS = 60.0
LIMIT = 0.6


def processor_ms(pid: int) -> float:
    """What all threads of a process have used until now."""
    schedules = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(path.read_text().split()[0]) for path in schedules) / 1e6


def ask(person: Person, operation: str, body: object) -> dict[str, object]:
    headers = {"authorization": f"Bearer {person.token}", "content-type": "application/json"}
    return event_of("POST", f"/functions/v1/{operation}", headers, json.dumps(body))


class Cold:
    """Cold starts of the API's function, each in a process of its own."""

    def __init__(self, database: Database, log: Path) -> None:
        self._log = log
        self._environment = {
            "STAGE": "local",
            "DATABASE_URL": database.url("app_login"),
            "SUPABASE_URL": ISSUER,
            "SUPABASE_JWT_SECRET": SECRET,
            "ALLOWED_ORIGINS": "*",
            "R2_ENDPOINT_URL": "http://localhost:9000",
            "R2_ACCOUNT_ID": "local",
            "R2_ACCESS_KEY_ID": "local",
            "R2_SECRET_ACCESS_KEY": "local",
            "R2_BUCKET_NAME": "local",
        }
        self._person = Person(database.add_user())
        self._family = ""

    def upload_url(self, code: Code) -> float:
        """Milliseconds of a processor until a new process has signed an upload URL."""
        event = ask(
            self._person,
            "get-signed-upload-url",
            {"familyId": self._family, "fileSizeBytes": 1000, "durationSeconds": 8, "contentType": "audio/mp4"},
        )
        return self._first_answer(code, event)[1]

    def create_family(self, code: Code) -> None:
        answer, _ = self._first_answer(code, ask(self._person, "create-family", {"name": "Moreno", "locale": "es"}))
        self._family = answer["data"]["family"]["id"]

    def _first_answer(self, code: Code, event: object) -> tuple[Any, float]:
        process = Process(code, "api_handler", "app.app", self._environment, self._log)
        try:
            answer = process.api.invoke(event, SECONDS)[1]
            used = processor_ms(process.pid)
        finally:
            process.kill()
            process.wait()
        assert answer["statusCode"] == 200, answer["body"]
        return json.loads(answer["body"]), used


def main() -> int:
    run = Run.begin()
    try:
        with tempfile.TemporaryDirectory(prefix="stories-cold-") as temporary, run.cluster().database() as database:
            folder, target = Path(temporary), this_machine()
            build_zip(target, folder / "deployment.zip")
            finished = unpacked(folder, target, folder / "deployment.zip")
            shutil.copytree(finished.folder, folder / "plain", ignore=shutil.ignore_patterns("__pycache__"))
            plain = replace(finished, folder=folder / "plain")
            cold = Cold(database, folder / "log")
            cold.create_family(finished)
            used: dict[str, list[float]] = {"without byte code": [], "the finished zip": []}
            for _ in range(ROUNDS):
                for name, code in zip(used, (plain, finished), strict=True):
                    used[name].append(cold.upload_url(code))
    except PackagingFailed as failure:
        print(f"error: {failure}", file=sys.stderr)
        return 1
    finally:
        run.end()
    medians = {name: statistics.median(values) for name, values in used.items()}
    for name, values in used.items():
        print(f"{name}: median {medians[name]:.0f} ms, {min(values):.0f} to {max(values):.0f}, of {ROUNDS}")
    ratio = medians["the finished zip"] / medians["without byte code"]
    print(f"ratio {ratio:.2f}, at most {LIMIT}: {'good' if ratio <= LIMIT else 'TOO SLOW'}")
    return 0 if ratio <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
