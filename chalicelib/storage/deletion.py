"""The one way to delete an object. Of all that is deployed, only clean-up imports it: the import contract holds that.

R2's keys cannot be kept from deleting what they may write, so what a process has no code for is the guard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.storage.s3_http import Unexpected, says
from chalicelib.storage.store import Store

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse


def delete_object(bucket: Store, key: str) -> None:
    """Deletes an object; it is no error when there is none. Raises Unavailable."""
    bucket.http.ask("DELETE", key, _deleted)


def _deleted(answer: BaseHTTPResponse) -> None:
    if answer.status != 204 and not (answer.status == 404 and says(answer, "NoSuchKey")):
        raise Unexpected(answer.status)
