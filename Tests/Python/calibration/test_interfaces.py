"""Which interface gloo is told to use."""

from __future__ import annotations

import socket
import sys

import pytest
from uniference.calibration import interfaces


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "", "host.invalid"])
def test_there_is_none_towards_this_machine_itself_or_nowhere(host):
    assert interfaces.interface_towards(host) is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux is asked")
def test_an_address_of_an_interface_leads_to_it():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        addresses = {name: interfaces._address(probe, name) for _, name in socket.if_nameindex()}
    assert addresses["lo"] == "127.0.0.1"
    for address in {address for address in addresses.values() if address and not address.startswith("127.")}:
        assert addresses[interfaces.interface_towards(address)] == address


def test_what_somebody_has_chosen_stays(monkeypatch):
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "chosen")
    monkeypatch.setenv("MASTER_ADDR", "192.0.2.1")
    interfaces.choose_interface()
    assert interfaces.os.environ["GLOO_SOCKET_IFNAME"] == "chosen"
