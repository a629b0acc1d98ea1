"""The object store: what uploads and second copies assume of R2, and of the second bucket."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from chalicelib import vendor_http
from chalicelib.storage.store import AUDIO_TYPE, Store
from chalicelib.vendor_http import Answer
from tools.vendors.checks import check, expect
from tools.vendors.credentials import Skip, Vendors

VOICE = b"\0\0\0\x18ftypM4A \0\0\0\0M4A isom" + bytes(range(256)) * 8
SECONDS = 30.0


def send(method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
    """One request, as a client of ours sends it."""
    return vendor_http.ask("store", method, url, seconds=SECONDS, headers=headers, body=body)


def put(
    store: Store, key: str, body: bytes = VOICE, *, size: int | None = None, md5: bytes | None = None, **changed: str
) -> Answer:
    """An upload as our app makes it; `size` and `md5` are what was signed, `changed` what is sent instead."""
    digest = None if md5 is None else base64.b64encode(hashlib.md5(md5).digest()).decode()
    signed = store.sign_upload(key, len(body) if size is None else size, AUDIO_TYPE, digest)
    headers = {**signed.headers, **{name.replace("_", "-"): value for name, value in changed.items()}}
    return send("PUT", signed.url, headers, body)


def stored(vendors: Vendors, name: str, body: bytes = VOICE) -> tuple[Store, str]:
    """The scratch bucket, and the key of an object that is there."""
    store, key = vendors.store(), vendors.key(name)
    answer = put(store, key, body)
    expect(answer.status == 200, f"an upload as it was signed is answered {answer.status}")
    return store, key


def _refused(vendors: Vendors, name: str, answer: Answer, store: Store, key: str) -> None:
    expect(400 <= answer.status < 500, f"{name} is answered {answer.status}")
    expect(store.inspect_object(key) is None, f"{name} is refused ({answer.status}), and stored all the same")


@check(
    "store-signed-length",
    assume="A PUT whose body is not of the signed content-length is refused, and nothing is stored.",
    why="get-signed-upload-url reserves the declared size of the family's quota.",
    breaks="A family stores more than it has, and the ledger counts less than lies in the bucket.",
)
def signed_length(vendors: Vendors) -> None:
    """PUTs a byte more and a byte less than was signed."""
    for body in (VOICE + b"x", VOICE[:-1]):
        store, key = vendors.store(), vendors.key(f"length-{len(body)}")
        _refused(vendors, "a body of another length", put(store, key, body, size=len(VOICE)), store, key)


@check(
    "store-signed-headers",
    assume="A PUT with another content-type, or without the signed if-none-match, is refused.",
    why="A signed URL allows one kind of file, once.",
    breaks="Whoever has the URL stores a page that a browser runs, or overwrites a voice.",
)
def signed_headers(vendors: Vendors) -> None:
    """PUTs with another content-type, then with another if-none-match."""
    changes: dict[str, dict[str, Any]] = {"type": {"content_type": "text/html"}, "condition": {"if_none_match": '"x"'}}
    for what, changed in changes.items():
        store, key = vendors.store(), vendors.key(what)
        _refused(vendors, f"another {what}", put(store, key, **changed), store, key)


@check(
    "store-md5",
    assume="A PUT whose body is not that of its Content-MD5 is refused, and nothing is stored.",
    why="A phone that knows the MD5 learns that its upload was damaged on the way.",
    breaks="A damaged recording is finalized.",
)
def content_md5(vendors: Vendors) -> None:
    """PUTs other bytes of the same length."""
    store, key = vendors.store(), vendors.key("md5")
    _refused(vendors, "a body of another MD5", put(store, key, bytes(len(VOICE)), md5=VOICE), store, key)


@check(
    "store-put-once",
    assume="A PUT with `If-None-Match: *` onto an object that is there answers 412 and changes nothing.",
    why="No upload overwrites a recording; an app takes 412 for: it is there, finalize.",
    breaks="A second PUT with a leaked or repeated URL destroys a voice.",
)
def put_once(vendors: Vendors) -> None:
    """PUTs twice to one key, and reads what is there."""
    store, key = stored(vendors, "once")
    answer = put(store, key, VOICE[::-1])
    expect(answer.status == 412, f"the second PUT is answered {answer.status}")
    found = store.inspect_object(key)
    expect(found is not None and found.etag == hashlib.md5(VOICE).hexdigest(), "the first object is not there any more")


@check(
    "store-etag-md5",
    assume="The ETag of an object that was uploaded by one PUT is the MD5 of its bytes, in hex.",
    why="The receipt, the audit and the second copy compare it.",
    breaks="The audit calls every recording changed, and no second copy is made.",
)
def etag_md5(vendors: Vendors) -> None:
    """Reads the ETag of the PUT's answer, of a GET and of a listing."""
    store, key = vendors.store(), vendors.key("etag")
    answered = put(store, key).headers.get("etag", "").strip('"')
    found = store.inspect_object(key)
    listed = [each.etag for page in store.list_objects(key) for each in page]
    seen = [answered, found.etag if found else "", *listed]
    expect(seen == [hashlib.md5(VOICE).hexdigest()] * 3, f"PUT, GET and listing give {len(set(seen))} different ETags")


@check(
    "store-multipart-once",
    assume="Completing a multipart upload with `If-None-Match: *` onto an object that is there answers 412.",
    why="Recordings of hours will be sent in parts; they must not overwrite either.",
    breaks="A second upload in parts destroys a voice.",
)
def multipart_once(vendors: Vendors) -> None:
    """Begins an upload in one part onto an object that is there, completes it, and aborts it."""
    if vendors.is_local:
        raise Skip("the stand-in knows no uploads in parts")
    store, key = stored(vendors, "parts")
    begun = _post(store, key, "uploads=")
    expect(begun.status == 200, f"beginning is answered {begun.status}")
    upload = begun.body.decode().partition("<UploadId>")[2].partition("</UploadId>")[0]
    try:
        part = _signed(store, "PUT", key, f"partNumber=1&uploadId={upload}", VOICE[::-1])
        expect(part.status == 200, f"the part is answered {part.status}")
        etag = part.headers.get("etag", "")
        listed = f"<Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>"
        document = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>"
        done = _signed(store, "POST", key, f"uploadId={upload}", document.encode(), {"if-none-match": "*"})
        expect(done.status == 412, f"completing is answered {done.status}")
    finally:
        _signed(store, "DELETE", key, f"uploadId={upload}", b"")
    found = store.inspect_object(key)
    expect(found is not None and found.etag == hashlib.md5(VOICE).hexdigest(), "the first object is not there any more")


def _post(store: Store, key: str, query: str) -> Answer:
    return _signed(store, "POST", key, query, b"")


def _signed(
    store: Store, method: str, key: str, query: str, body: bytes, headers: Mapping[str, str] | None = None
) -> Answer:
    sent = {**(headers or {}), "content-length": str(len(body))}
    answer = store.http.send(method, key, sent, query=query, body=iter([body]), seconds=(5.0, SECONDS))
    return Answer(answer.status, answer.headers, answer.read())


@check(
    "store-lock",
    assume="A bucket lock rule keeps an object of its prefix from being overwritten and deleted, by every key.",
    why="A lock over the recordings outlives a stolen key and a bug of ours.",
    breaks="Nothing but the second copies stands between a bug and all voices.",
)
def lock(vendors: Vendors) -> None:
    """Overwrites and deletes one object in VERIFY_LOCKED_PREFIX, which stays there for good, and reads it."""
    prefix = vendors.get("VERIFY_LOCKED_PREFIX")
    store, key = vendors.store(), f"{prefix.strip('/')}/verify-vendors.m4a"
    if store.inspect_object(key) is None:
        put(store, key)
    answers = [
        _signed(store, "PUT", key, "", VOICE[::-1]).status,
        _signed(store, "DELETE", key, "", b"").status,
    ]
    found = store.inspect_object(key)
    expect(
        found is not None and found.etag == hashlib.md5(VOICE).hexdigest(),
        f"PUT and DELETE are answered {answers}, and it changed",
    )


@check(
    "backup-put-once",
    assume="The second bucket's store knows `If-None-Match: *` and Content-MD5 on a PUT, and its ETag is the MD5.",
    why="copy_recordings never overwrites a copy, and believes it when its ETag is the source's.",
    breaks="A recording that was replaced replaces its copy too; or no copy is ever counted as made.",
)
def backup_put_once(vendors: Vendors) -> None:
    """PUTs a copy twice with different bytes, and once with a wrong MD5."""
    store, key = vendors.store("BACKUP"), vendors.key("copy", "BACKUP")
    first = put(store, key, md5=VOICE)
    expect(
        first.headers.get("etag", "").strip('"') == hashlib.md5(VOICE).hexdigest(),
        f"the PUT is answered {first.status}",
    )
    again = put(store, key, VOICE[::-1])
    expect(again.status == 412, f"the second PUT is answered {again.status}")
    other = vendors.key("damaged", "BACKUP")
    _refused(vendors, "a body of another MD5", put(store, other, bytes(len(VOICE)), md5=VOICE), store, other)
