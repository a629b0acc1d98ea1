"""Fixtures of the tests of billing converges."""

from __future__ import annotations

import pytest

from tests.support.api import Api
from tests.support.payers import Payer, payer_of
from tests.support.stripe_server import StripeServer


@pytest.fixture
def payer(module_api: Api, module_stripe: StripeServer) -> Payer:
    return payer_of(module_api, module_stripe)
