"""Servers that many tests share, since each takes a second to start."""

from collections.abc import Iterator

import pytest

from tests.server.peers import MODERN, Peer


@pytest.fixture(scope="session")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Peer, Peer]]:
    """A server for each era, in paper mode; they start side by side."""
    homes = [tmp_path_factory.mktemp(name) / "home" for name in ("paper", "modern")]
    with Peer(homes[0]) as paper, Peer(homes[1], era=MODERN) as modern:
        paper.initialize()
        modern.hello = modern.result("server/discover")
        yield paper, modern
        assert (paper.close(), modern.close()) == (0, 0)
        assert paper.stray == modern.stray == []


@pytest.fixture(scope="session")
def paper(both: tuple[Peer, Peer]) -> Peer:
    """A server, and a client that has shaken hands with it."""
    return both[0]


@pytest.fixture(scope="session")
def modern(both: tuple[Peer, Peer]) -> Peer:
    """A server, and a client of the era without a handshake."""
    return both[1]
