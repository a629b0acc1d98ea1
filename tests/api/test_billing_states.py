"""What a family may do, for every state of its billing and however full it is: a table to check by eye.

Each row is lived through the real app, with a subscription that Stripe's stand-in holds. Only uploads are ever refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.billing import sync
from chalicelib.call import Call
from tests.support.api import GIB, Api, Person, upload_of
from tests.support.gateway import Response
from tests.support.object_store import send, voice
from tests.support.stripe_server import StripeServer

SIZE = 2_000

# At Stripe: what becomes of a paid subscription to family by the month, in turn; its period ends in a month, `d` and
# `m` say when instead (days, minutes from now). Suspended is no state of Stripe's: the operator does it.
#
# Room: there is room for just this upload. Full: quota and reservations leave none. Over: a gigabyte more than that.
# ok, or the code of the refusal. All the rest is `yes` and may never be anything else, at room, full and over: `finish`
# is finalizing an upload that was admitted before, `restore` brings back from the trash.
TABLE = """
what                        | at Stripe                  | plan   | status     || room                  | full                  | over                  || finish | play | list | delete | restore | invite

never paid                  |                            | free   | active     || ok                    | QUOTA_EXCEEDED        | QUOTA_EXCEEDED        || yes    | yes  | yes  | yes    | yes     | yes
family                      | active                     | family | active     || ok                    | QUOTA_EXCEEDED        | QUOTA_EXCEEDED        || yes    | yes  | yes  | yes    | yes     | yes
legacy                      | legacy                     | legacy | active     || ok                    | QUOTA_EXCEEDED        | QUOTA_EXCEEDED        || yes    | yes  | yes  | yes    | yes     | yes
on trial                    | trialing                   | family | trialing   || ok                    | QUOTA_EXCEEDED        | QUOTA_EXCEEDED        || yes    | yes  | yes  | yes    | yes     | yes
ends with its period        | cancels                    | family | active     || ok                    | QUOTA_EXCEEDED        | QUOTA_EXCEEDED        || yes    | yes  | yes  | yes    | yes     | yes
past due, period moved on   | past_due +30d              | family | past_due   || ok                    | QUOTA_EXCEEDED        | QUOTA_EXCEEDED        || yes    | yes  | yes  | yes    | yes     | yes
past due, grace's last hour | past_due -7d +60m          | family | past_due   || ok                    | QUOTA_EXCEEDED        | QUOTA_EXCEEDED        || yes    | yes  | yes  | yes    | yes     | yes
past due, grace is over     | past_due -7d -1m           | family | past_due   || SUBSCRIPTION_INACTIVE | SUBSCRIPTION_INACTIVE | SUBSCRIPTION_INACTIVE || yes    | yes  | yes  | yes    | yes     | yes
first payment not made yet  | incomplete                 | family | incomplete || SUBSCRIPTION_INACTIVE | SUBSCRIPTION_INACTIVE | SUBSCRIPTION_INACTIVE || yes    | yes  | yes  | yes    | yes     | yes
paused                      | paused                     | family | paused     || SUBSCRIPTION_INACTIVE | SUBSCRIPTION_INACTIVE | SUBSCRIPTION_INACTIVE || yes    | yes  | yes  | yes    | yes     | yes
canceled                    | canceled                   | free   | active     || ok                    | QUOTA_EXCEEDED        | QUOTA_EXCEEDED        || yes    | yes  | yes  | yes    | yes     | yes
unpaid                      | past_due unpaid            | free   | active     || ok                    | QUOTA_EXCEEDED        | QUOTA_EXCEEDED        || yes    | yes  | yes  | yes    | yes     | yes
never completed             | incomplete_expired         | free   | active     || ok                    | QUOTA_EXCEEDED        | QUOTA_EXCEEDED        || yes    | yes  | yes  | yes    | yes     | yes
suspended, free             | suspended                  | free   | suspended  || ENTITLEMENT_INACTIVE  | ENTITLEMENT_INACTIVE  | ENTITLEMENT_INACTIVE  || yes    | yes  | yes  | yes    | yes     | yes
suspended, paid             | active suspended           | family | suspended  || ENTITLEMENT_INACTIVE  | ENTITLEMENT_INACTIVE  | ENTITLEMENT_INACTIVE  || yes    | yes  | yes  | yes    | yes     | yes
"""  # noqa: E501

Row = dict[str, str]
USED = ("room", "full", "over")
NEVER_REFUSED = ("finish", "play", "list", "delete", "restore", "invite")


def rows() -> list[Row]:
    lines = [
        [cell.strip() for cell in line.replace("||", "|").split("|")] for line in TABLE.splitlines() if line.strip()
    ]
    return [dict(zip(lines[0], cells, strict=True)) for cells in lines[1:]]


@dataclass
class Family:
    """A family with a voice that is kept, and a keeper who does what the table asks."""

    api: Api
    stripe: StripeServer
    keeper: Person
    id: str
    recording: str = ""
    subscription: str | None = None

    def pay(self, plan: str = "family") -> None:
        body = {"familyId": self.id, "plan": plan, "interval": "month"}
        self.subscription = self.stripe.pay(self.keeper.ask("create-checkout-session", body).data["sessionId"])

    def live_through(self, words: str) -> None:
        """Comes into the state that the table's column `at Stripe` writes."""
        change: dict[str, Any] = {}
        moved = timedelta()
        for word in words.split():
            if self.subscription is None and word != "suspended":
                self.pay()
            if word == "suspended":
                self.api.suspend_uploads(self.id)
            elif word == "cancels":
                change["cancelAtPeriodEnd"] = True
            elif word == "legacy":
                change["plan"] = "legacy"
            elif word[0] in "+-":
                moved += timedelta(**{{"d": "days", "m": "minutes"}[word[-1]]: int(word[:-1])})
                change["currentPeriodEnd"] = (datetime.now(UTC) + moved).isoformat()
            else:
                change["status"] = word
        if change:
            assert self.stripe.post(f"subscriptions/{self.subscription}", change).status_code == 200
        self.hear()

    def hear(self) -> None:
        """What an event of Stripe's brings about."""
        if self.subscription is not None:
            sync.sync(Call.system("test"), family_id=self.id)

    def entitlement(self) -> dict[str, Any]:
        shown: dict[str, Any] = self.keeper.get(f"/v1/families/{self.id}").data["family"]["entitlement"]
        return shown

    def fill(self, how: str) -> None:
        """As if the family had recorded for years."""
        spare = {"room": SIZE, "full": 0, "over": -GIB}[how]
        shown = self.entitlement()
        used = shown["storageQuotaBytes"] - shown["storageReservedBytes"] - spare
        self.api.run("UPDATE public.entitlements SET storage_used_bytes = %s WHERE family_id = %s", used, self.id)

    def ask_to_upload(self) -> Response:
        return self.keeper.ask("get-signed-upload-url", upload_of(self.id, SIZE))

    def do(self, what: str, admitted: str) -> Response:
        """One of the things that no state refuses. `admitted`: an upload of before."""
        trash = f"/v1/recordings/{self.recording}"
        if what == "finish":
            return self.keeper.ask("finalize-recording", {"familyId": self.id, "recordingId": admitted})
        if what == "play":
            return self.keeper.ask("get-signed-playback-url", {"recordingId": self.recording})
        if what == "list":
            return self.keeper.get(f"/v1/families/{self.id}/recordings")
        if what == "delete":
            return self.keeper.delete(trash)
        if what == "restore":
            return self.keeper.post(f"{trash}/restore")
        return self.keeper.ask("create-invite", {"familyId": self.id})


@pytest.fixture
def family(module_api: Api, module_stripe: StripeServer) -> Family:
    keeper = module_api.person()
    made = Family(module_api, module_stripe, keeper, module_api.family(keeper))
    made.recording = module_api.kept(made.id, keeper, SIZE)
    return made


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["what"])
def test_each_billing_state_allows_exactly_what_the_table_says(family: Family, row: Row) -> None:
    admitted = {how: family.api.upload(family.id, family.keeper, SIZE) for how in USED}
    family.live_through(row["at Stripe"])
    shown = family.entitlement()
    assert (shown["plan"], shown["status"]) == (row["plan"], row["status"])
    for how in USED:
        family.fill(how)
        now = family.entitlement()
        answer = family.ask_to_upload()
        assert ("ok" if answer.status == 200 else answer.code) == row[how], how
        if row[how] == "QUOTA_EXCEEDED":
            assert answer.status == 403
            assert answer.details == {
                "quotaBytes": now["storageQuotaBytes"],
                "usedBytes": now["storageUsedBytes"],
                "reservedBytes": now["storageReservedBytes"],
                "requestedBytes": SIZE,
            }
        for what in NEVER_REFUSED:
            reply = family.do(what, admitted[how])
            assert ("yes" if reply.status == 200 else reply.code) == row[what], (what, how)
            if what == "play":
                assert send("GET", reply.data["url"]) == (200, voice(SIZE))
            if what == "list":
                assert family.recording in [each["id"] for each in reply.data["recordings"]]


def test_the_table_has_every_state_an_entitlement_can_be_in(module_api: Api) -> None:
    constraint = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'entitlements_status_known'"
    known = {"suspended", *module_api.value(constraint).split("'")[1::2]}
    assert {row["status"] for row in rows()} == known


def test_an_upgrade_lets_a_full_family_upload_at_once(family: Family) -> None:
    family.fill("over")
    assert family.ask_to_upload().code == "QUOTA_EXCEEDED"
    family.pay()
    family.hear()
    assert family.ask_to_upload().status == 200
    assert family.entitlement()["storageQuotaBytes"] == 50 * GIB


def test_a_downgrade_refuses_uploads_with_the_numbers_and_deletes_nothing(family: Family) -> None:
    family.pay("legacy")
    family.hear()
    family.fill("full")
    used = family.entitlement()["storageUsedBytes"]
    family.live_through("canceled")
    answer = family.ask_to_upload()
    assert answer.code == "QUOTA_EXCEEDED"
    assert answer.details == {
        "quotaBytes": GIB,
        "usedBytes": used,
        "reservedBytes": 0,
        "requestedBytes": SIZE,
    }
    assert family.do("play", "").status == 200
    family.live_through("active")
    assert family.entitlement()["storageUsedBytes"] == used


def test_a_late_payment_allows_uploads_at_once(family: Family) -> None:
    family.live_through("past_due -8d")
    assert family.ask_to_upload().code == "SUBSCRIPTION_INACTIVE"
    family.live_through("active +30d")
    assert family.ask_to_upload().status == 200


def test_no_payment_ends_a_suspension(family: Family) -> None:
    family.live_through("suspended")
    family.pay()
    family.hear()
    assert family.entitlement()["plan"] == "family"
    assert family.ask_to_upload().code == "ENTITLEMENT_INACTIVE"


def test_a_recording_is_as_long_as_the_plan_allows(family: Family) -> None:
    def ask(minutes: int) -> Response:
        return family.keeper.ask("get-signed-upload-url", upload_of(family.id, SIZE, durationSeconds=minutes * 60.0))

    answer = ask(11)
    assert (answer.code, answer.details) == ("DURATION_EXCEEDED", {"maxRecordingSeconds": 600})
    family.pay()
    family.hear()
    assert ask(60).status == 200
    assert ask(61).code == "DURATION_EXCEEDED"
