"""The rules of the house (who may import whom, what may be used where), each kept for every file there is."""

import ast
import importlib.util
import re
import socket
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import Path

import httpx
import pytest

from tests.conftest import ROOT, TrafficBlocked

FOLDERS = ("exchanges", "server", "tools")
LONGEST = 450
NETWORK = {
    "aiohttp", "ftplib", "http.client", "http.server", "httpcore", "httpx", "httpx2", "requests", "smtplib", "socket",
    "socketserver", "ssl", "urllib.request", "urllib3", "websocket", "websockets",
}  # fmt: skip
HEAVY = {"matplotlib", "numba", "numpy", "pandas"}

# Files of exchanges/ in which a float is no amount of money and no real price: what it is instead.
FLOATS_CONVERTED = {
    "exchanges/paper/listings.py": "where the made-up prices start",
    "exchanges/paper/synthetic.py": "made-up prices, on the listing's decimal grid before they leave the file",
}
FLOATS_WRITTEN = FLOATS_CONVERTED | {
    "exchanges/paper/walk.py": "the random walk under the made-up prices",
    "exchanges/client.py": "seconds",
    "exchanges/errors.py": "the likeness of two words",
    "exchanges/gate.py": "seconds",
    "exchanges/limits.py": "seconds",
}

Rule = Callable[[ast.AST], str | None]


def python_files(project_files: list[Path], *folders: str) -> Iterator[tuple[str, ast.Module]]:
    for path in project_files:
        inside = path.relative_to(ROOT)
        if path.suffix == ".py" and (not folders or inside.parts[0] in folders):
            yield inside.as_posix(), ast.parse(path.read_bytes(), str(path))


def broken(files: Iterator[tuple[str, ast.Module]], rule: Rule, allowed: tuple[str, ...] = ()) -> list[str]:
    """`file:line: what`, for each node that breaks the rule outside the files allowed to."""
    return [
        f"{name}:{getattr(node, 'lineno', 0)}: {what}"
        for name, tree in files
        if not any(fnmatch(name, pattern) for pattern in allowed)
        for node in ast.walk(tree)
        if (what := rule(node)) is not None
    ]


def imported(node: ast.AST) -> list[str]:
    """Every dotted name that an import statement may load: of `from http import client` both http and http.client."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return []


def imports_a_second_copy(node: ast.AST) -> str | None:
    return next((name for name in imported(node) if name.partition(".")[0] in FOLDERS), None)


def imports_the_network(node: ast.AST) -> str | None:
    return next((name for name in imported(node) if any(f"{name}.".startswith(f"{m}.") for m in NETWORK)), None)


def reads_the_environment(node: ast.AST) -> str | None:
    names = {"environ", "environb", "getenv", "getenvb", "putenv"}
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os":
        return f"os.{node.attr}" if node.attr in names else None
    return next((name for name in imported(node) if name.removeprefix("os.") in names), None)


def prints(node: ast.AST) -> str | None:
    called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    return "print()" if called else None


def writes_a_float(node: ast.AST) -> str | None:
    return repr(node.value) if isinstance(node, ast.Constant) and isinstance(node.value, float) else None


def converts_to_float(node: ast.AST) -> str | None:
    called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float"
    return "float()" if called else None


@pytest.mark.parametrize(
    ("rule", "source", "breaks"),
    [
        (imports_a_second_copy, "import exchanges.gate", True),
        (imports_a_second_copy, "from tools import spec", True),
        (imports_a_second_copy, "from blave_mcp.exchanges import gate", False),
        (imports_a_second_copy, "import toolshed", False),
        (imports_the_network, "import httpx", True),
        (imports_the_network, "from urllib import request", True),
        (imports_the_network, "from urllib.request import urlopen", True),
        (imports_the_network, "from urllib.parse import urlencode", False),
        (reads_the_environment, "import os\nos.environ['KEY']", True),
        (reads_the_environment, "from os import getenv", True),
        (reads_the_environment, "import os\nos.fsync(1)", False),
        (prints, "def f():\n    print('x')", True),
        (prints, "console.print('x')", False),
        (writes_a_float, "price = -0.1", True),
        (writes_a_float, "def wait(seconds: float = 1) -> None: ...", False),
        (converts_to_float, "price = float('1')", True),
        (converts_to_float, "isinstance(price, float)", False),
    ],
)
def test_each_rule_sees_what_it_is_for(rule: Rule, source: str, breaks: bool):
    assert bool(broken(iter([("x.py", ast.parse(source))]), rule)) == breaks


def test_no_module_is_imported_under_a_second_name(project_files: list[Path]):
    assert broken(python_files(project_files), imports_a_second_copy) == []


def test_only_the_commands_for_a_terminal_print(project_files: list[Path]):
    assert broken(python_files(project_files, *FOLDERS), prints, ("server/cli*.py", "server/demo*.py")) == []


@pytest.mark.parametrize(("rule", "allowed"), [(writes_a_float, FLOATS_WRITTEN), (converts_to_float, FLOATS_CONVERTED)])
def test_no_amount_or_price_is_a_float(rule: Rule, allowed: dict[str, str], project_files: list[Path]):
    assert broken(python_files(project_files, "exchanges"), rule, tuple(allowed)) == []
    found = {line.partition(":")[0] for line in broken(python_files(project_files, "exchanges"), rule)}
    assert sorted(allowed.keys() - found) == [], "allowed, and not needed any more"


def test_the_network_is_imported_in_one_file_and_the_server(project_files: list[Path]):
    assert broken(python_files(project_files, "exchanges", "tools"), imports_the_network, ("exchanges/http.py",)) == []


def test_only_the_server_reads_the_environment(project_files: list[Path]):
    assert broken(python_files(project_files, "exchanges", "tools"), reads_the_environment) == []


def test_no_file_is_too_long_to_read(project_files: list[Path]):
    lengths = {path: len(path.read_text().splitlines()) for path in project_files if path.suffix == ".py"}
    inside = {path.relative_to(ROOT): length for path, length in lengths.items()}
    assert {str(path): n for path, n in inside.items() if n > LONGEST and path.parts[0] in FOLDERS} == {}


def test_layers_and_venues_import_only_what_they_may():
    lint = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_every_venue_is_under_the_contract_that_keeps_venues_apart():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    named = next(contract["modules"] for contract in contracts if contract.get("id") == "venues")
    venues = {f"blave_mcp.exchanges.{path.parent.name}" for path in (ROOT / "exchanges").glob("*/__init__.py")}
    assert sorted(named) == sorted(venues - {"blave_mcp.exchanges.sources"})


def test_starting_the_server_loads_nothing_heavy():
    if importlib.util.find_spec("blave_mcp.server.app") is None:
        pytest.skip("blave_mcp.server.app does not exist yet")
    code = f"import sys, blave_mcp.server.app; print(sorted({HEAVY!r} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (run.stdout.strip(), run.returncode) == ("[]", 0), run.stderr


def test_no_file_names_a_machine(project_files: list[Path]):
    # In pieces, so that this file does not name one either. An index is the business of pip's own configuration.
    roots = ("/wo" + "rk/", "/fa" + "rm/", "/ro" + "ot/", "/ho" + "me/[a-z]+/")
    hosts = ("py" + r"pi\.org", "python" + r"hosted\.org", "registry" + r"\.npmjs")
    pattern = re.compile("|".join(roots + hosts).encode())
    data = {".csv", ".gz", ".png"}
    assert [
        f"{path.relative_to(ROOT)}: {hit.group().decode()}"
        for path in project_files
        if path.suffix not in data and (hit := pattern.search(path.read_bytes()))
    ] == []


@pytest.mark.parametrize("host", ["203.0.113.7", "2001:db8::7", "0.0.0.0", "10.0.0.1"])  # noqa: S104 - never bound
def test_a_test_cannot_reach_another_machine(host: str, blocked_traffic: list[str]):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as tcp, socket.socket(family, socket.SOCK_DGRAM) as udp:
        for leave in (
            lambda: tcp.connect((host, 443)),
            lambda: tcp.connect_ex((host, 443)),
            lambda: udp.sendto(b"x", (host, 53)),
            lambda: udp.sendmsg([b"x"], [], 0, (host, 53)),
        ):
            with pytest.raises(TrafficBlocked):
                leave()
    assert blocked_traffic == [host] * 4
    blocked_traffic.clear()


async def test_a_test_cannot_look_up_a_name(blocked_traffic: list[str]):
    with pytest.raises(TrafficBlocked):
        socket.gethostbyname("example.com")
    async with httpx.AsyncClient(trust_env=False) as client:
        with pytest.raises(TrafficBlocked):
            await client.get("https://example.com")
    assert blocked_traffic == ["example.com"] * 2
    blocked_traffic.clear()


def test_a_swallowed_attempt_fails_the_test_all_the_same(tmp_path: Path):
    test = """
import contextlib, socket
def test_x():
    with contextlib.suppress(Exception):
        socket.gethostbyname("x.test")
"""
    (tmp_path / "test_x.py").write_text(test)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-c", "/dev/null", str(tmp_path)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "tried to reach ['x.test']" in run.stdout, run.stdout + run.stderr
    assert run.returncode == 1


def test_this_machine_can_be_reached():
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(("localhost", server.getsockname()[1]), timeout=5) as client,
    ):
        assert client.getpeername() == server.getsockname()
