"""The settings of Stripe's stand-in: its keys, its prices, its own address and the one that gets its events."""

from collections.abc import Mapping
from dataclasses import dataclass

CURRENCY = "usd"
_AMOUNTS = {  # in cents; any other plan costs UNLISTED_AMOUNT
    ("family", "month"): 900,
    ("family", "year"): 9_000,
    ("legacy", "month"): 2_500,
    ("legacy", "year"): 25_000,
}
UNLISTED_AMOUNT = 500


@dataclass(frozen=True)
class StripeStandInSettings:
    """`prices` has the form of STRIPE_PRICES: price id -> "plan:interval"; it may hold prices the app does not know.

    `public_url` is where the blueprint is mounted, without a slash at its end. Events are signed with the first of
    `webhook_secrets`. Retries double their delay and go on for three days, as at Stripe, and begin sooner.
    """

    secret_key: str
    webhook_secrets: tuple[str, ...]
    webhook_url: str
    prices: Mapping[str, str]
    public_url: str
    delivery_timeout_seconds: float = 10.0
    first_retry_seconds: float = 1.0
    longest_retry_seconds: float = 60.0
    give_up_after_seconds: float = 3 * 24 * 3600.0

    def __post_init__(self) -> None:
        if not self.secret_key or not self.webhook_secrets or not all(self.webhook_secrets):
            raise ValueError("Stripe's stand-in needs a secret key and at least one webhook secret")
        for price_id, meaning in self.prices.items():
            plan, _, interval = meaning.partition(":")
            if not plan or interval not in ("month", "year"):
                raise ValueError(f"price {price_id}: write it as plan:month or plan:year")

    @property
    def livemode(self) -> bool:
        """Whether the key is a live one; every object and event has the same value."""
        return self.secret_key.startswith(("sk_live_", "rk_live_"))

    def plan_of(self, price_id: str) -> tuple[str, str]:
        """(plan, interval) of a price; KeyError when there is no such price."""
        plan, _, interval = self.prices[price_id].partition(":")
        return plan, interval

    def price_for(self, plan: str, interval: str) -> str | None:
        """The first price that sells this plan by this interval."""
        wanted = f"{plan}:{interval}"
        return next((price_id for price_id, meaning in self.prices.items() if meaning == wanted), None)

    def amount_of(self, price_id: str) -> int:
        """In cents."""
        return _AMOUNTS.get(self.plan_of(price_id), UNLISTED_AMOUNT)
