"""What is built for: the Python and the machine that run the functions, and not those that build the package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tools.package import PackagingFailed

PYTHON = (3, 13)
RUNTIME = f"python{PYTHON[0]}.{PYTHON[1]}"
"""Lambda's name for its image with this Python."""

# Lambda's name of a processor -> the kernel's, which wheels and markers use.
_MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}

# glibc 2 in Lambda's image for Python 3.13, Amazon Linux 2023; and the oldest that wheels are built for.
_GLIBC_MINOR = 34
_OLDEST_GLIBC_MINOR = 17


@dataclass(frozen=True)
class Target:
    """Lambda on one processor: `arm64`, or `x86_64` to run what is built on such a machine. Raises PackagingFailed."""

    architecture: str = "arm64"

    def __post_init__(self) -> None:
        if self.architecture not in _MACHINES:
            raise PackagingFailed(f"ARCH must be one of {', '.join(_MACHINES)}")

    @property
    def machine(self) -> str:
        return _MACHINES[self.architecture]

    @property
    def platforms(self) -> list[str]:
        """The platform tags of its wheels. pip takes each literally: a newer one does not imply the older."""
        minors = range(_OLDEST_GLIBC_MINOR, _GLIBC_MINOR + 1)
        return [*(f"manylinux_2_{minor}_{self.machine}" for minor in minors), f"manylinux2014_{self.machine}"]

    @property
    def abis(self) -> list[str]:
        return [f"cp{PYTHON[0]}{PYTHON[1]}", "abi3", "none"]

    @property
    def markers(self) -> Mapping[str, str]:
        """What a requirement's marker may ask for, all of it: nothing is left to say for the machine that builds."""
        version = f"{PYTHON[0]}.{PYTHON[1]}"
        return {
            "implementation_name": "cpython",
            "implementation_version": f"{version}.0",
            "os_name": "posix",
            "platform_machine": self.machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": f"{version}.0",
            "python_version": version,
            "sys_platform": "linux",
        }
