"""What a family may do, for every state its subscription can be in: a table to check by eye."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing.entitlements import RULES, Entitlement, Item, Subscription, entitlement_of, read_subscription
from chalicelib.billing.plans import PLANS

PRICES = {
    "price_fm": ("family", "month"),
    "price_fy": ("family", "year"),
    "price_lm": ("legacy", "month"),
}
END = datetime(2027, 1, 31, 12, tzinfo=UTC)
LATER = datetime(2027, 2, 28, 12, tzinfo=UTC)
SQL = Path(__file__).parents[2] / "sql"


# How a subscription is written below: its status, then the prices of its items (fm, fy, lm, or x for one we do not
# know; - for none), then what else there is to say: `cancels` (Stripe's flag), `at-end` and `at-later` (Stripe's
# cancel_at, as the portal writes it), `later` (its period ends a month later). `+` joins several of one family.
#
# On the right is what the family has. Plan `kept`: whatever stands stays, because we cannot tell. Flags: `c` it cancels
# at its period's end, `s` a subscription stands at Stripe, so that the portal and no second checkout is the way on.
TABLE = """
what                   | at Stripe                         | plan   | status     | ends  | flags | alerts

never paid             |                                   | free   | active     |       |       |
active                 | active fm                         | family | active     | END   | s     |
trialing               | trialing fm                       | family | trialing   | END   | s     |
past_due               | past_due fm                       | family | past_due   | END   | s     |
paused                 | paused fm                         | family | paused     | END   | s     |
incomplete             | incomplete fm                     | family | incomplete | END   | s     |
unpaid                 | unpaid fm                         | free   | active     |       | s     |
canceled               | canceled fm                       | free   | active     |       |       |
incomplete_expired     | incomplete_expired fm             | free   | active     |       |       |
a status of tomorrow   | dormant fm                        | family | active     | END   | s     | unknown_status

by the year            | active fy                         | family | active     | END   | s     |
legacy                 | active lm                         | legacy | active     | END   | s     |
legacy, past due       | past_due lm                       | legacy | past_due   | END   | s     |

will cancel            | active fm cancels                 | family | active     | END   | cs    |
will cancel by portal  | active fm at-end                  | family | active     | END   | cs    |
will cancel much later | active fm at-later                | family | active     | END   | s     |
cancel taken back      | active fm                         | family | active     | END   | s     |
trial, will cancel     | trialing fm cancels               | family | trialing   | END   | cs    |
canceled at its end    | canceled fm cancels               | free   | active     |       |       |

no item                | active -                          | kept   | active     |       | s     | no_items
no item, past due      | past_due -                        | kept   | active     |       | s     | no_items
no item, will cancel   | active - at-end                   | kept   | active     |       | cs    | no_items
two items              | active fm lm                      | kept   | active     | END   | s     | several_items
unknown price          | active x                          | kept   | active     | END   | s     | unknown_price
unknown, past due      | past_due x                        | kept   | past_due   | END   | s     | unknown_price
unknown, paused        | paused x                          | kept   | paused     | END   | s     | unknown_price
unknown, canceled      | canceled x                        | free   | active     |       |       |

ended and bought again | canceled fm + active fm           | family | active     | END   | s     |
failed, bought again   | incomplete_expired fm + active fm | family | active     | END   | s     |
two that ended         | canceled fm + canceled lm         | free   | active     |       |       |
two alike              | active fm + active fm             | family | active     | END   | s     | several_subscriptions
two: the larger plan   | active fm + active lm             | legacy | active     | END   | s     | several_subscriptions
two: the larger trial  | active fm + trialing lm           | legacy | trialing   | END   | s     | several_subscriptions
two: the paid one      | past_due lm + active fm           | family | active     | END   | s     | several_subscriptions
two: the known one     | active x + active fm              | family | active     | END   | s     | several_subscriptions
two: the longer one    | active fm + active fm later       | family | active     | LATER | s     | several_subscriptions
paid beside unpaid     | unpaid fm + active fm             | family | active     | END   | s     | several_subscriptions
paid beside incomplete | incomplete fm + active fm         | family | active     | END   | s     | several_subscriptions
paused and incomplete  | incomplete fm + paused fm         | family | paused     | END   | s     | several_subscriptions
"""


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    given: tuple[Subscription, ...]
    plan: str
    status: str
    ends: datetime | None
    cancels: bool
    subscribed: bool
    alerts: tuple[str, ...]


def read_table(text: str) -> list[Row]:
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()[1:] if line.strip()]
    return [
        Row(
            name=name,
            given=tuple(
                written(words, f"sub_{number}") for number, words in enumerate(held.split("+")) if words.strip()
            ),
            plan=plan,
            status=status,
            ends={"": None, "END": END, "LATER": LATER}[ends],
            cancels="c" in flags,
            subscribed="s" in flags,
            alerts=tuple(alerts.split()),
        )
        for name, held, plan, status, ends, flags, alerts in lines
    ]


def written(words: str, subscription_id: str) -> Subscription:
    status, *rest = words.split()
    ends = LATER if "later" in rest else END
    return Subscription(
        id=subscription_id,
        customer_id="cus_1",
        status=status,
        created=1,
        items=tuple(Item(f"price_{word}", ends) for word in rest if word in ("fm", "fy", "lm", "x")),
        cancel_at_period_end="cancels" in rest,
        cancel_at=END if "at-end" in rest else LATER if "at-later" in rest else None,
    )


ROWS = read_table(TABLE)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_each_set_of_subscriptions_gives_the_entitlement_of_the_table(row: Row) -> None:
    found = entitlement_of(row.given, PRICES)
    assert (found.plan or "kept", found.status, found.current_period_end) == (row.plan, row.status, row.ends)
    assert (found.cancel_at_period_end, found.subscription_id is not None) == (row.cancels, row.subscribed)
    assert found.alerts == row.alerts
    terms = PLANS[found.plan] if found.plan else None
    assert found.storage_quota_bytes == (terms.storage_quota_bytes if terms else None)
    assert found.max_recording_seconds == (terms.max_recording_seconds if terms else None)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_order_in_which_stripe_lists_them_does_not_matter(row: Row) -> None:
    expected = entitlement_of(row.given, PRICES)
    assert all(entitlement_of(order, PRICES) == expected for order in itertools.permutations(row.given))


def test_the_table_has_every_status_that_the_library_knows() -> None:
    known = next(
        get_args(member) for member in get_args(stripe.Subscription.__annotations__["status"]) if get_args(member)
    )
    assert set(RULES) == set(known)
    assert {subscription.status for row in ROWS for subscription in row.given} >= set(known)


def test_the_entitlement_names_the_subscription_that_decided() -> None:
    found = entitlement_of([written("canceled fm", "sub_1"), written("past_due fm", "sub_2")], PRICES)
    assert (found.subscription_id, found.subscription_status) == ("sub_2", "past_due")
    ended = entitlement_of([written("canceled fm", "sub_1")], PRICES)
    assert (ended.subscription_id, ended.subscription_status) == (None, "canceled")


def test_a_period_ends_when_the_last_thing_that_was_paid_for_ends() -> None:
    of_two = replace(written("past_due fm", "sub_1"), items=(Item("price_fm", END), Item("price_lm", LATER)))
    assert entitlement_of([of_two], PRICES).current_period_end == LATER


def test_of_two_equal_subscriptions_the_newer_one_decides() -> None:
    older, newer = written("active fm", "sub_1"), replace(written("active fm", "sub_2"), created=2)
    found = entitlement_of([older, newer], PRICES)
    assert found.subscription_id == "sub_2"


statuses = st.sampled_from([*RULES, "dormant"])
moments = st.none() | st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))
items = st.lists(st.builds(Item, st.sampled_from([*PRICES, "price_x"]), moments), max_size=3).map(tuple)
subscriptions = st.builds(
    Subscription, st.sampled_from(["sub_1", "sub_2", "sub_3"]), st.just("cus_1"), statuses, st.integers(0, 3), items,
    st.booleans(), moments,
)  # fmt: skip


@given(st.lists(subscriptions, max_size=4, unique_by=lambda subscription: subscription.id), st.randoms())
def test_any_set_of_subscriptions_gives_one_complete_entitlement_in_every_order(
    held: list[Subscription], random: Any
) -> None:
    found = entitlement_of(held, PRICES)
    shuffled = list(held)
    random.shuffle(shuffled)
    assert entitlement_of(shuffled, PRICES) == found
    assert found.status in ("active", "trialing", "past_due", "paused", "incomplete")
    if found.plan == "free":
        assert (found.status, found.current_period_end, found.cancel_at_period_end) == ("active", None, False)
    if found.plan is None:
        assert found.alerts and found.storage_quota_bytes is None and found.max_recording_seconds is None
    if found.status == "past_due":
        assert found.current_period_end is not None


@given(st.lists(subscriptions, max_size=4, unique_by=lambda subscription: subscription.id))
def test_a_second_subscription_never_reduces_the_entitlement(held: list[Subscription]) -> None:
    def worth(found: Entitlement) -> int:
        return PLANS[found.plan].storage_quota_bytes if found.plan else 0

    assert worth(entitlement_of([*held, written("active lm", "sub_9")], PRICES)) == PLANS["legacy"].storage_quota_bytes


def test_a_subscription_is_read_from_what_stripe_answers() -> None:
    raw = {
        "id": "sub_1",
        "customer": "cus_1",
        "status": "active",
        "created": 1_700_000_000,
        "cancel_at": 1_801_396_800,
        "cancel_at_period_end": False,
        "items": {"data": [{"price": {"id": "price_fm"}, "current_period_end": 1_801_396_800}]},
    }
    assert read_subscription(raw) == replace(written("active fm at-end", "sub_1"), created=1_700_000_000)
    assert read_subscription({**raw, "customer": {"id": "cus_1"}}) == read_subscription(raw)


@pytest.mark.parametrize(
    ("plan", "bytes_", "seconds"), [("free", 2**30, 600), ("family", 50 * 2**30, 3600), ("legacy", 500 * 2**30, 10800)]
)
def test_each_plan_has_its_quota_and_its_longest_recording(plan: Any, bytes_: int, seconds: int) -> None:
    assert (PLANS[plan].storage_quota_bytes, PLANS[plan].max_recording_seconds) == (bytes_, seconds)
