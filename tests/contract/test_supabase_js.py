"""The real supabase-js against the stand-in for sign-in: code and link, implicit and PKCE flow, HS256 and ES256."""

from pathlib import Path
from typing import Literal

import pytest

from tests.support.auth_server import APP_URL, serve
from tests.support.http_server import running_http_server
from tools import node


@pytest.mark.parametrize("signing", ["HS256", "ES256"])
def test_supabase_js_signs_in_refreshes_and_signs_out(tmp_path: Path, signing: Literal["HS256", "ES256"]) -> None:
    reason = node.why_not()
    if reason is not None:
        pytest.skip(reason)
    with running_http_server() as http_server, serve(tmp_path, http_server, signing) as auth:
        printed = node.run_script("auth_contract.mjs", auth.url, auth.settings.anon_key, APP_URL)
    assert printed.count("implicit: ") == printed.count("pkce: ") == 5
