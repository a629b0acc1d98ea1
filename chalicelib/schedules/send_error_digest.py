"""Every five minutes: mails alerts to the operators, critical ones at once and the others when their day is over.

All due alerts go in one mail, and each alert is mailed once. The mail holds counts and fixed sentences, nobody's data.
"""

from __future__ import annotations

from typing import Any

from chalicelib.call import Call
from chalicelib.config import AlertSettings, load
from chalicelib.database.messages import transact
from chalicelib.mail import resend_client, templates
from chalicelib.schedules.slots import MINUTE, once_a_slot

MOST = 100


def send_error_digest(call: Call) -> dict[str, Any]:
    """How many alerts were mailed."""
    return once_a_slot(call, "send_error_digest", 5 * MINUTE, _send)


def _send(call: Call) -> dict[str, Any]:
    due = transact(call, "alerts_to_send", all=bool(call.detail.get("byHand")), limit=MOST)["alerts"]
    critical = [alert for alert in due if alert["severity"] == "critical"]
    others = [alert for alert in due if alert["severity"] != "critical"]
    for template, alerts in (("alarm", critical), ("error_digest", others)):
        if alerts:
            _mail(call, template, alerts)
    return {"critical": len(critical), "errors": len(others)}


def _mail(call: Call, template: str, alerts: list[dict[str, Any]]) -> None:
    settings = load(AlertSettings)
    letter = templates.render(
        template, "en", stage=settings.stage, count=len(alerts), alerts="\n".join(_line(alert) for alert in alerts)
    )
    # The key is made of the mail's own text: sent again because marking it as sent failed, it still arrives once.
    key = f"{template}/{letter.fingerprint()}"
    resend_client.send(settings, list(settings.alert_emails), letter, idempotency_key=key)
    transact(call, "mark_alerts_sent_tx", repeatable=True, alert_ids=[alert["id"] for alert in alerts])


def _line(alert: dict[str, Any]) -> str:
    last = f", last request {alert['last_request_id']}" if alert["last_request_id"] else ""
    return f"{alert['day']}  {alert['occurrences']} x  {alert['message']} [{alert['fingerprint']}{last}]"
