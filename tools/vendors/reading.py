"""The object store: what finalizing, playback, clean-up, audit and browsers assume of R2."""

from __future__ import annotations

import time

from chalicelib.storage.deletion import delete_object
from chalicelib.storage.store import AUDIO_TYPE
from tools.vendors.checks import check, expect
from tools.vendors.credentials import Vendors
from tools.vendors.uploads import VOICE, put, send, stored


@check(
    "store-ranges",
    assume="A GET of a range answers 206 with the whole size, type and time; of an empty object 416 InvalidRange.",
    why="finalize-recording learns size, type and the first bytes by one ranged GET.",
    breaks="No upload can be finalized.",
)
def ranges(vendors: Vendors) -> None:
    """Reads the first 16 bytes of a recording, and of an empty object."""
    store, key = stored(vendors, "range")
    url, _ = store.http.presign("GET", key, {}, 60)
    answer = send("GET", url, {"range": "bytes=0-15"})
    seen = (answer.status, answer.headers.get("content-range"), answer.body)
    expect(seen == (206, f"bytes 0-15/{len(VOICE)}", VOICE[:16]), f"a range is answered {answer.status}")
    found = store.inspect_object(key, 16)
    expect(
        found is not None and (found.size_bytes, found.content_type) == (len(VOICE), AUDIO_TYPE),
        "size or type is wrong",
    )
    expect(found is not None and abs(found.stored_at.timestamp() - time.time()) < 300, "its time is not now")
    store, key = stored(vendors, "empty", b"")
    empty = store.inspect_object(key)
    expect(empty is not None and empty.size_bytes == 0, "an empty object is not seen as empty")


@check(
    "store-missing",
    assume="A GET of a key that has no object answers 404 with the code NoSuchKey.",
    why="Only then finalize answers UPLOAD_NOT_FOUND; any other 404 is taken for trouble.",
    breaks="An app whose upload was lost is told to wait instead of to send again.",
)
def missing(vendors: Vendors) -> None:
    """Asks for a key that nobody used."""
    expect(vendors.store().inspect_object(f"{vendors.scratch.prefix}/nothing") is None, "something is there")


@check(
    "store-delete",
    assume="A DELETE answers 204, also where there is no object, and the object is gone for the next GET and listing.",
    why="cleanup_media deletes the object before it deletes its row, and repeats after a crash.",
    breaks="Clean-up stands still, or a row goes whose object stays.",
)
def delete(vendors: Vendors) -> None:
    """Deletes an object twice, reads and lists it."""
    store, key = stored(vendors, "delete")
    delete_object(store, key)
    delete_object(store, key)
    expect(store.inspect_object(key) is None, "a deleted object can be read")
    expect(list(store.list_objects(key)) == [], "a deleted object is listed")


@check(
    "store-list-order",
    assume="A listing has every object that was stored before, in the order of the bytes of its key, and goes on"
    " behind start-after.",
    why="The nightly audit walks bucket and rows side by side, in constant memory, and resumes.",
    breaks="The audit calls recordings missing that are there.",
)
def list_order(vendors: Vendors) -> None:
    """Stores four keys whose order differs by letter case, dash and length, and lists them from the second on."""
    names = sorted(["order/A", "order/a", "order/a-1", "order/aa"], key=str.encode)
    for name in names:
        store, _ = stored(vendors, name)
    prefix = f"{vendors.scratch.prefix}/order/"
    listed = [found.key for page in store.list_objects(prefix) for found in page]
    expected = [f"{vendors.scratch.prefix}/{name}" for name in names]
    expect(listed == expected, f"{len(listed)} of {len(expected)} keys are listed, or in another order")
    rest = [found.key for page in store.list_objects(prefix, expected[1]) for found in page]
    expect(rest == expected[2:], "start-after does not begin behind its key")


@check(
    "store-expiry",
    assume="A signed URL is refused when its time is over, and without its signature.",
    why="A playback URL that leaks is worth a quarter of an hour.",
    breaks="A voice can be heard by everybody who ever saw its URL.",
)
def expiry(vendors: Vendors) -> None:
    """GETs by a URL of one second until it is refused, at most 20 seconds, and once without the query."""
    store, key = stored(vendors, "expiry")
    url, _ = store.http.presign("GET", key, {}, 1)
    bare = send("GET", url.partition("?")[0], {})
    expect(bare.status in (400, 401, 403), f"a GET without signature is answered {bare.status}")
    until = time.monotonic() + 20
    while (answer := send("GET", url, {})).status == 200 and time.monotonic() < until:
        time.sleep(0.3)
    expect(answer.status in (400, 401, 403), f"after its time a URL is answered {answer.status}")


@check(
    "store-cors",
    assume="The bucket's CORS rules let the app's origin PUT with our headers and read ETag and Content-Range.",
    why="Browsers upload and play without our API in between.",
    breaks="The web app can neither upload nor play.",
)
def cors(vendors: Vendors) -> None:
    """Asks as a browser does before a PUT, and reads what a GET exposes. The scratch bucket needs the stage's rules."""
    store, key = stored(vendors, "cors")
    origin = _origin(vendors)
    signed = store.sign_upload(key, len(VOICE), AUDIO_TYPE)
    wanted = {"content-type", "if-none-match", "content-md5"}
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": ",".join(sorted(wanted)),
    }
    answer = send("OPTIONS", signed.url, asked)
    allowed = {name.strip().lower() for name in answer.headers.get("access-control-allow-headers", "").split(",")}
    expect(
        answer.headers.get("access-control-allow-origin") in ("*", origin),
        f"the origin is not allowed ({answer.status})",
    )
    expect(allowed >= wanted or "*" in allowed, f"not allowed: {', '.join(sorted(wanted - allowed))}")
    url, _ = store.http.presign("GET", key, {}, 60)
    read = send("GET", url, {"Origin": origin, "range": "bytes=0-15"})
    exposed = {name.strip().lower() for name in read.headers.get("access-control-expose-headers", "").split(",")}
    expect({"etag", "content-range"} <= exposed or "*" in exposed, "ETag and Content-Range are not exposed")


@check(
    "store-cors-refusals",
    assume="A refused PUT carries the CORS headers too.",
    why="A web app takes 412 for: it is there, finalize. Without the headers it sees no status at all.",
    breaks="An upload whose first answer was lost is never finished by a browser.",
)
def cors_refusals(vendors: Vendors) -> None:
    """PUTs twice with an Origin, and reads the headers of the 412."""
    store, key = stored(vendors, "cors-refused")
    answer = put(store, key, origin=_origin(vendors))
    allowed = answer.headers.get("access-control-allow-origin")
    expect(answer.status == 412 and allowed in ("*", _origin(vendors)), f"a {answer.status} allows no origin")


def _origin(vendors: Vendors) -> str:
    """The first origin of the app."""
    origins = vendors.get_or("ALLOWED_ORIGINS", "*")
    address = vendors.get("APP_URL") if origins == "*" else origins
    return "/".join(address.split(",")[0].strip().split("/")[:3])
