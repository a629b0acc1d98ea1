"""The operator's commands against a running stack: what they tell, what they mend, what they ask before deleting."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import uuid
from datetime import UTC, datetime, timedelta

import boto3
import psycopg2
import pytest
import requests
from botocore.client import Config

from local.settings import ROOT
from local.smoke_test import SAMPLE
from tests.support.local_stack import RunningStack


def operate(stack: RunningStack, command: str, **given: str) -> subprocess.CompletedProcess[str]:
    """Runs a command as `make` does, with nothing but the stack's folder to find it by."""
    bare = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", *command.split()],
        cwd=ROOT,
        env={**bare, "LOCAL_DIR": str(stack.folder), **given},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def ask(stack: RunningStack, statement: str, *values: object) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(stack.env["ADMIN_DATABASE_URL"])
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows = cursor.fetchall() if cursor.description else []
    connection.close()
    return rows


def put_orphan(stack: RunningStack, *, with_waveform: bool = False) -> tuple[str, str]:
    """A voice in the bucket that no row names; answers its family and its key."""
    family = str(ask(stack, "SELECT id FROM public.families LIMIT 1")[0][0])
    key = f"families/{family}/recordings/{uuid.uuid4()}.audio.m4a"
    env = stack.env
    client = boto3.client(
        "s3",
        endpoint_url=env["R2_ENDPOINT_URL"],
        aws_access_key_id=env["R2_ACCESS_KEY_ID"],
        aws_secret_access_key=env["R2_SECRET_ACCESS_KEY"],
        region_name="auto",
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )
    client.put_object(Bucket=env["R2_BUCKET_NAME"], Key=key, Body=SAMPLE.read_bytes(), ContentType="audio/mp4")
    if with_waveform:
        client.put_object(
            Bucket=env["R2_BUCKET_NAME"], Key=waveform_of(key), Body=b"[1]", ContentType="application/json"
        )
    return family, key


def waveform_of(key: str) -> str:
    return key.replace(".audio.m4a", ".waveform.json")


@pytest.mark.heavy
def test_an_object_without_a_row_is_told_and_kept_and_can_be_adopted(stack: RunningStack) -> None:
    family, key = put_orphan(stack, with_waveform=True)
    used = "SELECT storage_used_bytes FROM public.entitlements WHERE family_id = %s"
    before = ask(stack, used, family)[0][0]
    listed = operate(stack, "tools.operate orphans").stdout
    assert key in listed and waveform_of(key) in listed
    # Too young to be anybody's rubbish, whoever confirms it.
    purged = operate(stack, "tools.operate purge-orphans", CONFIRM="yes")
    assert purged.returncode == 0
    assert key not in purged.stdout

    adopted = operate(stack, "tools.operate adopt", KEY=key, SECONDS="8.5")
    assert adopted.returncode == 0, adopted.stderr
    listed = operate(stack, "tools.operate orphans").stdout
    assert key not in listed and waveform_of(key) not in listed, "its waveform is adopted along"
    assert ask(stack, used, family)[0][0] == before + SAMPLE.stat().st_size + len(b"[1]")  # type: ignore[operator]
    again = operate(stack, "tools.operate adopt", KEY=key, SECONDS="8.5")
    assert again.returncode == 1
    assert "CONFLICT" in again.stderr


def test_old_orphans_are_deleted_only_when_armed_and_confirmed(stack: RunningStack) -> None:
    _, key = put_orphan(stack)
    old = datetime.now(UTC) - timedelta(days=91)
    index = sqlite3.connect(next(stack.folder.glob("objects/*.sqlite3")))
    with index:
        index.execute("UPDATE objects SET modified_ms = ? WHERE key = ?", (int(old.timestamp() * 1000), key.encode()))
    index.close()

    asked = operate(stack, "tools.operate purge-orphans")
    assert f"would delete  {key}" in asked.stdout
    assert operate(stack, "tools.operate disarm").returncode == 0
    refused = operate(stack, "tools.operate purge-orphans", CONFIRM="yes")
    assert refused.returncode == 1
    assert "make rearm" in refused.stderr
    assert operate(stack, "tools.operate rearm").returncode == 0
    assert key in operate(stack, "tools.operate orphans").stdout
    assert f"deleted  {key}" in operate(stack, "tools.operate purge-orphans", CONFIRM="yes").stdout
    assert key not in operate(stack, "tools.operate orphans").stdout


def test_a_dead_job_is_shown_and_comes_back_once(stack: RunningStack) -> None:
    job = str(uuid.uuid4())
    ask(
        stack,
        "INSERT INTO ops.dead_jobs (id, kind, payload, payload_version, lane, attempts, max_attempts, last_error,"
        " enqueued_at) VALUES (%s, 'no_such_kind', '{}', 1, 'test', 8, 8, 'Unavailable', now())",
        job,
    )
    shown = operate(stack, "tools.operate jobs").stdout
    assert job in shown
    assert "in the queue again" in operate(stack, "tools.operate requeue", ID=job).stdout
    assert "no dead job" in operate(stack, "tools.operate requeue", ID=str(uuid.uuid4())).stdout


def test_the_lines_of_a_request_are_found_by_its_id(stack: RunningStack) -> None:
    request_id = f"seen-{uuid.uuid4()}"
    requests.get(f"{stack.origin}/healthz", headers={"x-request-id": request_id}, timeout=10)
    found = operate(stack, "tools.operate logs", REQUEST=request_id).stdout
    assert f'"requestId":"{request_id}"' in found
    assert f"1 lines with {request_id}" in found
    assert operate(stack, "tools.operate logs", REQUEST="a b").returncode == 1


@pytest.mark.parametrize("command", ["requeue", "reconcile", "adopt"])
def test_a_command_without_what_it_needs_says_what_to_give_it(stack: RunningStack, command: str) -> None:
    answer = operate(stack, f"tools.operate {command}")
    assert answer.returncode == 1
    assert answer.stderr.startswith("error: ")
    assert "=" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_the_drill_finds_a_good_backup_good(stack: RunningStack) -> None:
    answer = operate(stack, "tools.drill")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "good: this backup brings everything back" in answer.stdout
    noted = "SELECT last_succeeded_at > now() - interval '1 hour' FROM ops.maintenance_runs WHERE kind = 'drill'"
    assert ask(stack, noted) == [(True,)]
