"""The ports of the local stack: read from the environment, and asked whether another program has them."""

from __future__ import annotations

import socket

import pytest

from local.ports import BadPort, Ports, free_port, is_taken


def test_without_variables_the_ports_are_the_documented_ones() -> None:
    assert Ports.from_environment({}) == Ports(gateway=8000, store=9000, postgres=54322)


@pytest.mark.parametrize("name", ["PORT", "R2_PORT", "PG_PORT"])
@pytest.mark.parametrize("value", ["0", "65536", "http", "-1", "8 000", "8_000", "8000.0"])
def test_a_value_that_is_no_port_is_refused_by_the_name_of_its_variable(name: str, value: str) -> None:
    with pytest.raises(BadPort, match=rf"^{name} must be a port"):
        Ports.from_environment({name: value})


def test_two_parts_on_one_port_are_refused() -> None:
    with pytest.raises(BadPort, match=r"PORT=9000, R2_PORT=9000"):
        Ports.from_environment({"PORT": "9000"})


@pytest.mark.parametrize(
    ("family", "address"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::1")]
)
def test_a_port_is_taken_wherever_localhost_leads(family: socket.AddressFamily, address: str) -> None:
    with socket.socket(family) as other:
        try:
            other.bind((address, 0))
        except OSError:
            pytest.skip(f"this machine has no {address}")
        other.listen()
        assert is_taken(other.getsockname()[1])


def test_a_free_port_is_not_taken() -> None:
    assert not all(is_taken(free_port()) for _ in range(3))  # not one alone: another test may take it meanwhile


def test_for_each_taken_port_another_free_one_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as first:
        port = first.getsockname()[1]
        other = Ports(gateway=port, store=port + 1, postgres=port + 2).taken()
    assert other["PORT"] > port + 2
