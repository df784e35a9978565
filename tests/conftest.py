"""What holds for every test: no key of whoever runs it, no traffic beyond this machine, one asynchronous backend."""

import decimal
import ipaddress
import os
import re
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
OURS = re.compile("(BLAVE|BINANCE|BITMART|OKX|BYBIT|BINGX|BITGET|BITFINEX|TELEGRAM|SLACK|DISCORD)_", re.IGNORECASE)

# At import, so that neither a fixture nor a server started by a test ever sees the mode, the keys or the records of a
# real account. No `.env` is read, and what is kept goes to a folder that is removed in the end.
for _name in filter(OURS.match, list(os.environ)):
    del os.environ[_name]
_home = tempfile.TemporaryDirectory(prefix="blave-mcp-tests-")
os.environ.update(BLAVE_MCP_ENV_FILE=os.devnull, BLAVE_MCP_HOME=_home.name)


class TrafficBlocked(RuntimeError):
    """A test tried to leave this machine. Not an OSError, which the code under test may rightly take for an outage."""


attempts: list[str] = []


def _check(host: object) -> None:
    """Raises: TrafficBlocked unless `host` is this machine. The attempt is kept, lest somebody swallow the error."""
    name = host.decode() if isinstance(host, bytes) else str(host)
    try:
        allowed = host is None or name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        allowed = False
    if not allowed:
        attempts.append(name)
        raise TrafficBlocked(f"a test may only talk to this machine, not to {name!r}")


def _guard_names(resolve: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(host: Any, *args: Any, **kwargs: Any) -> Any:
        _check(host)
        return resolve(host, *args, **kwargs)

    return guarded


def _guard_addresses(send: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(sock: socket.socket, *args: Any) -> Any:
        # connect(address), sendto(data, [flags,] address), sendmsg(buffers, [ancillary, flags,] address): a tuple, last
        if sock.family in (socket.AF_INET, socket.AF_INET6) and args and isinstance(args[-1], tuple):
            _check(args[-1][0])
        return send(sock, *args)

    return guarded


for _name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
    setattr(socket, _name, _guard_names(getattr(socket, _name)))
for _name in ("connect", "connect_ex", "sendto", "sendmsg"):
    setattr(socket.socket, _name, _guard_addresses(getattr(socket.socket, _name)))


@pytest.fixture(autouse=True)
def blocked_traffic() -> Iterator[list[str]]:
    """The hosts that this test tried to reach; it fails if any is left at its end."""
    attempts.clear()
    yield attempts
    assert not attempts, f"tried to reach {attempts}"


@pytest.fixture(autouse=True)
def own_decimal_context() -> Iterator[None]:
    """Decimals are rounded as they always are: ccxt changes the thread's rounding when it formats a number."""
    with decimal.localcontext(decimal.Context()):
        yield


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def project_files() -> list[Path]:
    """Every file of the project: tracked, or new and not ignored. Symlinks are left out: they show files twice."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    paths = [ROOT / name for name in sorted(set(os.fsdecode(listed.stdout).split("\0")) - {""})]
    return [path for path in paths if path.is_file() and not path.is_symlink()]
