"""Every five minutes: mails alerts to the operators, critical ones at once and the others when their day is over.

All due alerts go in one mail. An alert is mailed once a UTC day, again when it has grown tenfold since, and once more
when it is over (see ops.alerts_recovered). The mail holds counts, times and fixed sentences, nobody's data, and no id
that a caller could choose.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from chalicelib.call import Call
from chalicelib.config import AlertSettings, load
from chalicelib.database.messages import transact
from chalicelib.mail import resend_client, templates
from chalicelib.schedules.handler import handler_of
from chalicelib.schedules.slots import MINUTE, once_a_slot

MOST = 100

Alert = Mapping[str, Any]


def send_error_digest(call: Call) -> dict[str, Any]:
    """How many alerts were mailed: critical, errors (the others), and recovered."""
    return once_a_slot(call, "send_error_digest", 5 * MINUTE, _send)


def _send(call: Call) -> dict[str, Any]:
    transact(call, "note_service_levels_tx")
    due = transact(call, "alerts_to_send", all=bool(call.detail.get("byHand")), limit=MOST)["alerts"]
    critical = [alert for alert in due if alert["severity"] == "critical"]
    others = [alert for alert in due if alert["severity"] != "critical"]
    for template, alerts in (("alarm", critical), ("error_digest", others)):
        if alerts:
            _mail(template, len(alerts), [line_of(alert) for alert in alerts])
            transact(
                call,
                "mark_alerts_sent_tx",
                repeatable=True,
                alert_ids=[alert["id"] for alert in alerts],
                occurrences=[alert["occurrences"] for alert in alerts],
            )
    recovered = transact(call, "alerts_recovered", limit=MOST)["alerts"]
    if recovered:
        _mail("recovered", len(recovered), [_line_of_the_end(alert) for alert in recovered])
        ids = [alert_id for alert in recovered for alert_id in alert["ids"]]
        transact(call, "mark_alerts_recovered_tx", repeatable=True, alert_ids=ids)
    return {"critical": len(critical), "errors": len(others), "recovered": len(recovered)}


def _mail(template: str, count: int, lines: Sequence[str]) -> None:
    settings = load(AlertSettings)
    letter = templates.render(template, "en", stage=settings.stage, count=count, alerts="\n".join(lines))
    # The key is made of the mail's own text: sent again because marking it as sent failed, it still arrives once.
    key = f"{template}/{letter.fingerprint()}"
    resend_client.send(settings, list(settings.alert_emails), letter, idempotency_key=key)


def line_of(alert: Alert) -> str:
    """Since when, how often, what, and where to look: a row of ops.alert_digest."""
    grown = f" (grown from {alert['mailed_occurrences']})" if alert["mailed_occurrences"] else ""
    last = f", last id {alert['last_request_id']}" if alert["last_request_id"] else ""
    return f"{_times(alert)}  {alert['occurrences']} x{grown}  {alert['message']} [{alert['fingerprint']}{last}]"


def _line_of_the_end(alert: Alert) -> str:
    return f"{_times(alert)}  {alert['occurrences']} x  {alert['message']} [{alert['fingerprint']}]"


def _times(alert: Alert) -> str:
    """First and last time, in UTC: 2026-11-21 10:03 to 10:21."""
    first, last = (_minute(alert[name]) for name in ("first_seen_at", "last_seen_at"))
    return f"{first} to {last.removeprefix(first[:11])}"


def _minute(timestamp: str) -> str:
    return f"{datetime.fromisoformat(timestamp).astimezone(UTC):%Y-%m-%d %H:%M}"


handler = handler_of(send_error_digest)
