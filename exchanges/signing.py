"""HMAC as the venues want it."""

from __future__ import annotations

import hmac
from functools import lru_cache


@lru_cache(maxsize=32)
def _keyed(secret: str, digest: str) -> hmac.HMAC:
    # The key's own two rounds of hashing cost more than a short message; a copy of the keyed state has them behind it.
    return hmac.new(secret.encode(), digestmod=digest)


def _over(secret: str, message: bytes, digest: str) -> hmac.HMAC:
    state = _keyed(secret, digest).copy()
    state.update(message)
    return state


def hmac_hex(secret: str, message: bytes, digest: str = "sha256") -> str:
    """In hexadecimal, small letters."""
    return _over(secret, message, digest).hexdigest()


def hmac_bytes(secret: str, message: bytes, digest: str = "sha256") -> bytes:
    return _over(secret, message, digest).digest()
