"""Servers that many tests share, since each takes a second to start."""

from collections.abc import Iterator

import pytest
from tests.server.peers import MODERN, Peer


@pytest.fixture(scope="session")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    """A server in paper mode and a client that has shaken hands with it."""
    with Peer(tmp_path_factory.mktemp("paper") / "home") as peer:
        peer.initialize()
        yield peer
        assert peer.close() == 0
        assert peer.stray == []


@pytest.fixture(scope="session")
def modern(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    """The same in the era without a handshake."""
    with Peer(tmp_path_factory.mktemp("modern") / "home", era=MODERN) as peer:
        peer.hello = peer.result("server/discover")
        yield peer
        assert peer.close() == 0
        assert peer.stray == []
