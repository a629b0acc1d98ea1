"""Runs the queue's jobs: claims them under a lease, runs them one by one, says how each ended.

A job may run more than once (its worker can die after the work and before saying so), so every kind is safe to repeat.
What a failed job leaves behind is the class of its error, never a message: that could hold somebody's data. The lease
is longer than any function lives, so a job claimed here is not begun elsewhere while we still work on it.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from uuid import UUID

from chalicelib import monitoring
from chalicelib.call import Call, serving
from chalicelib.database import alerts
from chalicelib.database.messages import transact
from chalicelib.database.vendor_calls import vendor_calls
from chalicelib.errors import MissingConfiguration, NotRetryable, Unavailable
from chalicelib.queue.job import Job
from chalicelib.telemetry import logs

LEASE_SECONDS = 300
"""Longer than the function that drains the queue may live (120 s) and than any request does."""
JOB_SECONDS = 15.0
"""What one job may need; with less than that left, none is begun."""
WAITED_SECONDS = 15.0
"""What jobs of one kind may wait in vain in one drain; the others of the kind come later, and other kinds now."""
BATCH = 20


@dataclass(frozen=True)
class Kind:
    """Where a kind of job is done, and which versions of its payload are understood there."""

    module: str
    versions: tuple[int, ...] = (1,)
    batched: bool = False
    """Whether all jobs of a claim are handed over at once: the module has run_all(jobs) instead of run(call, job)."""
    least_seconds: float = JOB_SECONDS
    """With less than that left, no job of the kind is begun."""
    most_seconds: float = JOB_SECONDS
    """After that long its calls to vendors are given up."""
    lease_seconds: int = LEASE_SECONDS
    """Longer than the function lives that runs the kind."""


KINDS: dict[str, Kind] = {
    "send_invite_email": Kind("chalicelib.jobs.send_invite_email"),
    "capture_events": Kind("chalicelib.jobs.capture_events", batched=True),
    "apply_stripe_event": Kind("chalicelib.jobs.apply_stripe_event"),
    # Half a gigabyte may take nine minutes, most of what the schedule's function has.
    "copy_recording": Kind("chalicelib.jobs.copy_recording", least_seconds=45, most_seconds=840, lease_seconds=900),
}
"""By name, so that a worker imports what it runs and nothing else."""

Outcomes = Mapping[str, Exception | str]
"""Job id -> why it failed, or a word for how it ended; a job that is not in it is done."""


@dataclass
class Waited:
    """How long jobs of one kind waited in vain in this drain, and for what."""

    seconds: float = 0.0
    trouble: Unavailable | None = None


def drain(call: Call, remaining_seconds: Callable[[], float], kind: str | None = None) -> dict[str, int]:
    """Runs what is due until nothing is, or `remaining_seconds()` is less than a job could need.

    `kind`: only jobs of that kind; without it, of every kind but those that have a function of their own. Returns how
    many jobs ended how: done (or the word of their kind), retry, dead, lease_lost, released. Raises Unavailable when
    Postgres is out of reach: what was claimed then comes back when its lease has run out.
    """
    counts: Counter[str] = Counter()
    waited = defaultdict[str, Waited](Waited)
    pace = _pace(kind)
    while remaining_seconds() >= pace.least_seconds:
        claim = transact(call, "claim_jobs_tx", limit=BATCH, lease_seconds=pace.lease_seconds, kind=kind)
        jobs = [Job(**fields) for fields in claim["jobs"]]
        counts["dead"] += _log_died(call, claim)
        if not jobs and not claim["died"]:
            break
        counts.update(_run_claimed(call, jobs, claim["lease_token"], remaining_seconds, waited))
    return dict(+counts)


def run_one(call: Call, job_id: UUID | str) -> str:
    """Runs one job now, where it is due and nobody else has it: done, retry, dead, lease_lost, or not_claimed.

    Never raises: whoever enqueued the job has done their part, and the queue will do the rest.
    """
    try:
        claim = transact(call, "claim_jobs_tx", limit=1, lease_seconds=LEASE_SECONDS, job_id=job_id)
        jobs = [Job(**fields) for fields in claim["jobs"]]
        _log_died(call, claim)
        counts = _run_claimed(call, jobs, claim["lease_token"], lambda: JOB_SECONDS, defaultdict(Waited))
    except Exception as error:
        logs.failure("job_not_run", error, call, jobId=str(job_id))
        return "not_claimed"
    return next(iter(counts), "not_claimed")


def _run_claimed(
    call: Call,
    jobs: Sequence[Job],
    token: str,
    remaining_seconds: Callable[[], float],
    waited: Mapping[str, Waited],
) -> Counter[str]:
    counts: Counter[str] = Counter()
    waiting = list(jobs)
    while waiting:
        if remaining_seconds() < _pace(waiting[0].kind).least_seconds:
            transact(call, "release_jobs_tx", job_ids=[job.id for job in waiting], lease_token=token)
            counts["released"] += len(waiting)
            break
        group, waiting = _next_group(waiting)
        counts.update(_run_group(call, group, token, remaining_seconds(), waited[group[0].kind]))
    return counts


def _next_group(waiting: list[Job]) -> tuple[list[Job], list[Job]]:
    """The first job, with all others of its kind where the kind is run together; and the rest."""
    first = waiting[0]
    kind = KINDS.get(first.kind)
    if kind is None or not kind.batched:
        return [first], waiting[1:]
    group = [job for job in waiting if job.kind == first.kind]
    return group, [job for job in waiting if job.kind != first.kind]


def _run_group(call: Call, group: Sequence[Job], token: str, seconds: float, waited: Waited) -> Counter[str]:
    """Runs jobs of one kind and settles each of them under the lease."""
    started = time.monotonic()
    ended = _put_off(group, waited) or _attempt(call, group, min(seconds, _pace(group[0].kind).most_seconds))
    failed = {job_id: error for job_id, error in ended.items() if isinstance(error, Exception)}
    trouble = next((error for error in failed.values() if isinstance(error, Unavailable)), None)
    if trouble is not None:
        waited.seconds, waited.trouble = waited.seconds + time.monotonic() - started, trouble
    duration_ms = round((time.monotonic() - started) * 1000, 1)
    done = [job for job in group if job.id not in failed]
    outcomes: Counter[str] = Counter()
    if done:
        answer = transact(
            call,
            "complete_jobs_tx",
            job_ids=[job.id for job in done],
            lease_token=token,
            duration_ms=duration_ms,
        )
        word = str(ended.get(done[0].id, "done"))
        outcomes[word] = int(answer["completed"])
        outcomes["lease_lost"] = len(done) - outcomes[word]
        for job in done:
            _log(call, job, "lease_lost" if outcomes["lease_lost"] else word, duration_ms)
    for job in group:
        if job.id in failed:
            outcome = _fail(call, job, token, failed[job.id])
            outcomes[outcome] += 1
            _log(call, job, outcome, duration_ms, error=cause_of(failed[job.id]))
    return +outcomes


def _pace(kind: str | None) -> Kind:
    """How long jobs of a kind take; with None, what holds for all kinds that do not say."""
    return KINDS.get(kind or "", Kind(""))


def _put_off(group: Sequence[Job], waited: Waited) -> Outcomes:
    """Every job of a group whose vendor has been waited for long enough in this drain; none otherwise."""
    if waited.trouble is None or waited.seconds < WAITED_SECONDS:
        return {}
    return {job.id: waited.trouble for job in group}


def _attempt(call: Call, group: Sequence[Job], seconds: float) -> Outcomes:
    """Why each job failed that did, and the words of those that said one."""
    first = group[0]
    kind = KINDS.get(first.kind)
    if kind is None:
        return {job.id: NotRetryable("UnknownKind") for job in group}
    ended: dict[str, Exception | str] = {
        job.id: NotRetryable("UnknownPayloadVersion") for job in group if job.payload_version not in kind.versions
    }
    known = [job for job in group if job.id not in ended]
    try:
        if known:
            ended |= _run(kind, call, known, seconds)
    except Exception as error:
        own = _call_of(call, first, seconds)
        alerts.note_job(own, error)
        _report(error, own, first)
        ended |= {job.id: error for job in known}
    return ended


def _run(kind: Kind, call: Call, jobs: Sequence[Job], seconds: float) -> Outcomes:
    module = import_module(kind.module)
    own = _call_of(call, jobs[0], seconds)
    with serving(own), vendor_calls(own):
        if kind.batched:
            outcomes: Outcomes = module.run_all(jobs)
            return outcomes
        (job,) = jobs
        word = module.run(own, job)
        return {} if word is None else {job.id: str(word)}


def _call_of(call: Call, job: Job, seconds: float) -> Call:
    """The job's own call, under the id of the request that enqueued it: one id leads through everything it caused."""
    own = Call.system(job.kind, job.request_id or call.request_id, seconds, own_id=job.id, within=call)
    own.log_ids(job.payload)
    return own


def _fail(call: Call, job: Job, token: str, error: Exception) -> str:
    settled = transact(
        call,
        "fail_job_tx",
        job_id=job.id,
        lease_token=token,
        error=cause_of(error),
        retryable=not isinstance(error, NotRetryable),
        # Said of the world and not of the job: it is worth waiting for.
        patient=isinstance(error, Unavailable | MissingConfiguration),
    )
    outcome: str = settled["outcome"]
    return outcome


def cause_of(error: Exception) -> str:
    """What is kept of an error: its class, and for what we raise ourselves our own word for it."""
    if isinstance(error, NotRetryable):
        return f"NotRetryable({error.cause})"
    if isinstance(error, Unavailable):
        return f"Unavailable({error.service}: {error.trouble})"
    return type(error).__name__


def _report(error: Exception, call: Call, job: Job) -> None:
    """A vendor's bad day is expected and comes back; anything else is a fault somebody must see."""
    if isinstance(error, Unavailable):
        return
    logs.failure("job_failed", error, call, kind=job.kind, jobId=job.id)
    monitoring.capture(error, call, jobId=job.id)


def _log_died(call: Call, claim: Mapping[str, Any]) -> int:
    """Logs the jobs that the claim moved to dead_jobs, because a worker died during their last attempt. How many."""
    for fields in claim["died"]:
        _log(call, Job(**fields), "dead", 0.0, error="the worker died")
    return len(claim["died"])


def _log(call: Call, job: Job, outcome: str, duration_ms: float, **fields: Any) -> None:
    own = _call_of(call, job, 0)
    write = logs.error if outcome == "dead" else logs.info
    write(
        "job", own, kind=job.kind, jobId=job.id, attempt=job.attempts, outcome=outcome, durationMs=duration_ms, **fields
    )
