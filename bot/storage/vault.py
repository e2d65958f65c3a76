"""The vault: what is private is sealed before it reaches the database.

AES-256-GCM throughout. Each member has a key of their own, which is stored wrapped by one of the operator's keys
(`ALLY_ENCRYPTION_KEYS`, newest first). The associated data names workspace, member and row, so a ciphertext moved
to another row, or a wrapped key moved to another member, does not open.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_KEY_BYTES = 32
_NONCE_BYTES = 12
NAME_BYTES = 8


class SealBroken(Exception):
    """What was sealed does not open: another key, another row, or changed bytes."""


class KeyMissing(Exception):
    """None of ALLY_ENCRYPTION_KEYS opens what is stored."""


def new_key() -> str:
    """A fresh operator key, as `ALLY_ENCRYPTION_KEYS` takes it."""
    return base64.urlsafe_b64encode(AESGCM.generate_key(bit_length=256)).decode()


def read_key(text: str) -> bytes:
    """The bytes of an operator key. Raises ValueError unless it is 32 bytes in URL-safe base64."""
    try:
        key = base64.b64decode(text.strip().encode(), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("not URL-safe base64") from error
    if len(key) != _KEY_BYTES:
        raise ValueError(f"{len(key)} bytes where {_KEY_BYTES} are needed")
    return key


def key_name(key: bytes) -> bytes:
    """A short public name of an operator key; it stands before what the key wrapped."""
    return hashlib.sha256(b"ally key name" + key).digest()[:NAME_BYTES]


def _seal(key: bytes, plain: bytes, where: str) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, where.encode())


def _open(key: bytes, sealed: bytes, where: str) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], where.encode())
    except (InvalidTag, ValueError):
        # `from None`: neither key nor bytes may travel in an exception.
        raise SealBroken("sealed text does not open") from None


@dataclass(frozen=True, repr=False)
class Box:
    """One owner's key, opened: seals and opens what belongs to them."""

    _key: bytes
    _owner: str

    def seal(self, table: str, row: object, text: str) -> bytes:
        """`text`, sealed for this owner, this table and this row."""
        return _seal(self._key, text.encode(), f"{self._owner}/{table}/{row}")

    def open(self, table: str, row: object, sealed: bytes) -> str:
        """What was sealed for the same owner, table and row. Raises SealBroken."""
        return _open(self._key, sealed, f"{self._owner}/{table}/{row}").decode()


class Vault:
    """The operator's keys: makes, wraps and unwraps the keys of members and installations."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """`keys`: 32 bytes each, newest first; at least one."""
        if not keys:
            raise ValueError("a vault needs a key")
        self._newest = keys[0]
        self._keys = {key_name(key): key for key in keys}

    def new_box(self, workspace: str, user: str) -> tuple[bytes, Box]:
        """A key for somebody new: wrapped, as the database keeps it, and opened."""
        key, owner = AESGCM.generate_key(bit_length=256), f"{workspace}/{user}"
        return key_name(self._newest) + _seal(self._newest, key, f"key/{owner}"), Box(key, owner)

    def box(self, wrapped: bytes, workspace: str, user: str) -> Box:
        """The box of somebody known. Raises KeyMissing where no operator key fits, SealBroken where bytes changed."""
        owner = f"{workspace}/{user}"
        if (outer := self._keys.get(wrapped[:NAME_BYTES])) is None:
            raise KeyMissing(f"no key named {wrapped[:NAME_BYTES].hex()} among ALLY_ENCRYPTION_KEYS")
        return Box(_open(outer, wrapped[NAME_BYTES:], f"key/{owner}"), owner)

    def knows(self, wrapped: bytes) -> bool:
        """Whether the operator key that wrapped this one is among ours."""
        return wrapped[:NAME_BYTES] in self._keys
