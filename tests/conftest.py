"""In tests the network is off but for this machine's own addresses, and nothing of the user's is seen: no key, no
model, no library."""

import atexit
import ipaddress
import os
import shutil
import socket
import tempfile
from typing import Any

import pytest

_HOME = tempfile.mkdtemp(prefix="pincite-tests-")
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
for _name in [name for name in os.environ if name.startswith(("PINCITE_", "OPENAI_"))]:
    del os.environ[_name]  # before anything reads them, and for the processes that tests start
os.environ |= {"XDG_CACHE_HOME": f"{_HOME}/cache", "XDG_DATA_HOME": f"{_HOME}/data"}


@pytest.fixture(autouse=True)
def _no_outside_network(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("connect", "connect_ex"):
        real = getattr(socket.socket, name)

        def guarded(self: socket.socket, address: Any, real: Any = real) -> Any:
            if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
                raise OSError(f"tests may not connect to {address!r}")
            return real(self, address)

        monkeypatch.setattr(socket.socket, name, guarded)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
