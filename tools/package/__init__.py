"""`make package STAGE=dev`: dist/deployment.zip and dist/sam.json, the same bytes wherever and whenever they are built.

build.py makes the zip for one Target, whatever the machine and the Python that build it: pip unpacks the wheels for
Lambda that requirements.txt names by their SHA-256 (wheels.py), what no deployed code reaches is left out
(pruning.py), what git tracks of ours is added, and all of it is compiled by the target's Python (bytecode.py). Chalice
makes the template alone: its packager drops the hashes of the lock, follows the Python that runs it, and compiles
nothing.
"""


class PackagingFailed(Exception):
    """There is no package; the message says why, and what to do."""
