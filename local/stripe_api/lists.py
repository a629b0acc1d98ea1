"""Lists, as Stripe has them: newest first, page by page, with starting_after and ending_before."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from local.stripe_api import shapes
from local.stripe_api.errors import invalid, no_such
from local.stripe_api.transaction import Transaction

MOST_LISTED = 100
Sent = dict[str, Any]


def walk(transaction: Transaction, kind: str, sent: Sent) -> Iterator[dict[str, Any]]:
    """The objects a list parameter set asks for, in the order in which a page takes them."""
    if "starting_after" in sent and "ending_before" in sent:
        raise invalid("You may only specify one of these parameters: starting_after, ending_before.")
    cursor = {
        param: _number_of(transaction, kind, sent[param], param)
        for param in ("starting_after", "ending_before")
        if param in sent
    }
    if "ending_before" in cursor:
        things = transaction.records.oldest_first_above(kind, cursor["ending_before"], customer=sent.get("customer"))
    else:
        things = transaction.records.newest_first(
            kind, customer=sent.get("customer"), below=cursor.get("starting_after")
        )
    return (thing for thing in things if _created_within(thing.get("created", 0), sent.get("created")))


def _number_of(transaction: Transaction, kind: str, object_id: str, param: str) -> int:
    number = transaction.records.number_of(kind, object_id)
    if number is None:
        raise no_such(kind, object_id, param)
    return number


def _created_within(created: int, bounds: Any) -> bool:
    if bounds is None or isinstance(bounds, int):
        return bounds is None or created == bounds
    holds = {
        "gt": created.__gt__,
        "gte": created.__ge__,
        "lt": created.__lt__,
        "lte": created.__le__,
    }
    return all(holds[name](bound) for name, bound in bounds.items())


def page(things: Iterator[dict[str, Any]], sent: Sent, url: str) -> dict[str, Any]:
    limit = sent.get("limit", 10)
    if not 1 <= limit <= MOST_LISTED:
        raise invalid(f"Limit must be between 1 and {MOST_LISTED}", "limit")
    found = list(islice(things, limit + 1))
    shown = found[:limit]
    if "ending_before" in sent:
        shown.reverse()
    return shapes.listing(shown, url, has_more=len(found) > limit)
