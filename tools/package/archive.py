"""The zip: the same bytes for the same files, how large its parts are, and how large it may be."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tools.package import PackagingFailed

MOST_BYTES = 32_000_000
"""What a package may never exceed: Lambda loads it at every cold start, and takes 50 MB at the most from a request."""

USUAL_BYTES = 24_900_000
TOLERANCE = 0.02
"""A zip for arm64 that exceeds the usual size by more than this share is refused: someone decides that it may grow."""

# The earliest time that a zip can hold.
_TIME = (1980, 1, 1, 0, 0, 0)
_READABLE_FILE = 0o100644 << 16
_UNIX = 3


def write(folder: Path, output: Path) -> None:
    """Packs every file below the folder in the order of their paths, with one time and one mode for all."""
    paths = sorted((path for path in folder.rglob("*") if path.is_file()), key=lambda path: path.as_posix())
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in paths:
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _TIME)
            entry.external_attr, entry.create_system = _READABLE_FILE, _UNIX
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED, 9)


def parts(path: Path) -> Counter[str]:
    """What stands at the zip's top -> how many bytes of the zip it takes."""
    sizes: Counter[str] = Counter()
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            sizes[entry.filename.partition("/")[0]] += entry.compress_size
    return sizes


def report(path: Path, most: int = 8) -> Iterable[str]:
    """The size of the zip and of its biggest parts, a line each."""
    yield f"{path.stat().st_size / 1e6:6.2f} MB  {path.name}, of which"
    for name, size in parts(path).most_common(most):
        yield f"{size / 1e6:6.2f} MB    {name}"


def refuse_growth(path: Path, usual: int = USUAL_BYTES) -> None:
    """Raises PackagingFailed where the zip is larger than it may be."""
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise PackagingFailed(f"the zip has {size:,} bytes, and {MOST_BYTES:,} are the most (its parts stand above)")
    if size > usual * (1 + TOLERANCE):
        raise PackagingFailed(
            f"the zip has grown to {size:,} bytes; {usual:,} are usual (its parts stand above). Leave out what grew, "
            "in tools/package/pruning.py; or, where it is worth it, change USUAL_BYTES in tools/package/archive.py"
        )
