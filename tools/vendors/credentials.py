"""With what the vendors are tried: the variables of one stage, a scratch bucket, Stripe's test mode. Never prod."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from chalicelib.storage.deletion import delete_object
from chalicelib.storage.s3_http import S3Http
from chalicelib.storage.store import Store
from tools.operate.stage import LOCAL, Mistaken
from tools.vendors.scratch import Scratch

if TYPE_CHECKING:
    import stripe

BUCKETS = {"R2": "VERIFY_BUCKET_NAME", "BACKUP": "VERIFY_BACKUP_BUCKET_NAME"}
"""A store's variables begin with this -> the variable that names its scratch bucket."""


class Skip(Exception):
    """This cannot be tried here; the text says what is missing."""


class Vendors:
    """The vendors of one stage, as far as there are credentials, and what this run makes at them."""

    def __init__(self, stage: str, variables: Mapping[str, str], scratch: Scratch) -> None:
        """Raises Mistaken for what must not be tried with."""
        self.stage = stage
        self.scratch = scratch
        self._variables = {name: value.strip() for name, value in variables.items() if value.strip()}
        if stage == "prod":
            raise Mistaken("vendors are not tried with prod's credentials: use those of dev or staging")
        key = self._variables.get("STRIPE_SECRET_KEY", "")
        if key and "_test_" not in key:
            raise Mistaken("STRIPE_SECRET_KEY is no key of Stripe's test mode: nothing was tried")
        kept = {self._variables.get("R2_BUCKET_NAME"), self._variables.get("BACKUP_BUCKET_NAME")} - {None}
        for name in BUCKETS.values():
            if stage != LOCAL and self._variables.get(name) in kept:
                raise Mistaken(f"{name} is a bucket that a stage uses: make one for this alone")

    @property
    def is_local(self) -> bool:
        """Whether these are the local stack's stand-ins."""
        return self.stage == LOCAL

    def get(self, name: str) -> str:
        """A variable. Raises Skip where it is not set."""
        value = self._variables.get(name)
        if not value:
            raise Skip(f"{name} is not set")
        return value

    def get_or(self, name: str, otherwise: str) -> str:
        """A variable, or what stands for it."""
        return self._variables.get(name) or otherwise

    def store(self, which: str = "R2") -> Store:
        """The scratch bucket, by our own client. Raises Skip."""
        account = self._variables.get("R2_ACCOUNT_ID")
        if which == "R2" and account and "R2_ENDPOINT_URL" not in self._variables:
            endpoint = f"https://{account}.r2.cloudflarestorage.com"
        else:
            endpoint = self.get(f"{which}_ENDPOINT_URL")
        # The stand-in's keys open one bucket each; there the prefix is scratch enough.
        bucket = self.get(f"{which}_BUCKET_NAME" if self.is_local else BUCKETS[which])
        names = (f"{which}_ACCESS_KEY_ID", f"{which}_SECRET_ACCESS_KEY")
        key, secret = (self.get(f"VERIFY_{name}" if f"VERIFY_{name}" in self._variables else name) for name in names)
        return Store(S3Http(which.lower(), endpoint.rstrip("/"), bucket, [(key.split(",")[0], secret.split(",")[0])]))

    def key(self, name: str, which: str = "R2") -> str:
        """A key in the scratch bucket, of this run alone, that is removed at the end."""
        key = f"{self.scratch.prefix}/{name}"
        self.scratch.will_make("object" if which == "R2" else "copy", key)
        return key

    def stripe(self) -> stripe.StripeClient:
        """Stripe's own client, with the stage's test key. Raises Skip."""
        import stripe

        stripe.enable_telemetry = False
        base = self._variables.get("STRIPE_API_BASE")
        return stripe.StripeClient(
            self.get("STRIPE_SECRET_KEY"), base_addresses={"api": base} if base else {}, max_network_retries=1
        )

    def customer(self) -> str:
        """A new customer at Stripe, that is removed at the end."""
        made = self.stripe().v1.customers.create({"metadata": {"made_by": self.scratch.prefix}})
        self.scratch.will_make("customer", made.id)
        return made.id

    def remove(self, kind: str, name: str) -> None:
        """Removes what a run made; it is no error when it is gone."""
        if kind in ("object", "copy"):
            delete_object(self.store("R2" if kind == "object" else "BACKUP"), name)
        elif kind == "customer":
            import stripe

            try:
                self.stripe().v1.customers.delete(name)
            except stripe.InvalidRequestError as error:
                if error.code != "resource_missing":
                    raise
