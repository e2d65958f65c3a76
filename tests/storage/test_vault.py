"""The vault: what is sealed opens for its owner, table and row, and for nothing else."""

from __future__ import annotations

import base64
import traceback

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.storage.vault import KeyMissing, SealBroken, Vault, key_name, new_key, read_key

OLD, NEW = bytes(range(32)), bytes(range(1, 33))
SECRET = "I spoke over her again"


@given(st.text())
@settings(max_examples=50, deadline=None)
def test_what_was_sealed_opens(text: str) -> None:
    """Any text comes back as it was, and never stands in the sealed bytes."""
    wrapped, box = Vault([OLD]).new_box("T1", "U1")
    sealed = box.seal("reflection", "r1", text)
    assert Vault([OLD]).box(wrapped, "T1", "U1").open("reflection", "r1", sealed) == text
    assert len(text) < 3 or text.encode() not in sealed


def test_the_same_text_is_sealed_differently_each_time() -> None:
    """Equal answers cannot be told from equal ciphertexts."""
    _, box = Vault([OLD]).new_box("T1", "U1")
    assert box.seal("feedback", "d1", "did_it") != box.seal("feedback", "d1", "did_it")


@pytest.mark.parametrize(("table", "row"), [("reflection", "r2"), ("check_in", "r1")])
def test_moved_to_another_place_it_does_not_open(table: str, row: str) -> None:
    """A ciphertext copied to another row or table is worthless there."""
    _, box = Vault([OLD]).new_box("T1", "U1")
    with pytest.raises(SealBroken):
        box.open(table, row, box.seal("reflection", "r1", SECRET))


@pytest.mark.parametrize(("workspace", "user"), [("T1", "U2"), ("T2", "U1")])
def test_a_key_moved_to_another_owner_does_not_open(workspace: str, user: str) -> None:
    """A wrapped key belongs to one member of one workspace."""
    vault = Vault([OLD])
    wrapped, _ = vault.new_box("T1", "U1")
    with pytest.raises(SealBroken):
        vault.box(wrapped, workspace, user)


def test_another_members_box_does_not_open_it() -> None:
    """Two members of one workspace cannot read each other."""
    vault = Vault([OLD])
    _, mine = vault.new_box("T1", "U1")
    _, theirs = vault.new_box("T1", "U2")
    with pytest.raises(SealBroken):
        theirs.open("reflection", "r1", mine.seal("reflection", "r1", SECRET))


@pytest.mark.parametrize("at", [0, 11, 12, -1])
def test_a_changed_byte_does_not_open(at: int) -> None:
    """Whatever byte was changed, nonce, text or tag, nothing comes out."""
    _, box = Vault([OLD]).new_box("T1", "U1")
    sealed = bytearray(box.seal("reflection", "r1", SECRET))
    sealed[at] ^= 1
    with pytest.raises(SealBroken):
        box.open("reflection", "r1", bytes(sealed))


@pytest.mark.parametrize("sealed", [b"", b"short", bytes(27)])
def test_too_short_to_be_sealed_does_not_open(sealed: bytes) -> None:
    """Cut-off bytes are refused like changed ones."""
    _, box = Vault([OLD]).new_box("T1", "U1")
    with pytest.raises(SealBroken):
        box.open("reflection", "r1", sealed)


def test_the_newest_key_wraps_and_older_ones_still_open() -> None:
    """After a new operator key is put first, what an older one wrapped still opens."""
    wrapped, box = Vault([OLD]).new_box("T1", "U1")
    sealed = box.seal("reflection", "r1", SECRET)
    both = Vault([NEW, OLD])
    assert both.box(wrapped, "T1", "U1").open("reflection", "r1", sealed) == SECRET
    fresh, _ = both.new_box("T1", "U2")
    assert fresh.startswith(key_name(NEW))
    assert Vault([NEW]).knows(fresh)
    assert not Vault([NEW]).knows(wrapped)


@pytest.mark.parametrize("wrapped", [None, b"", b"abc"])
def test_without_its_operator_key_it_says_which_is_missing(wrapped: bytes | None) -> None:
    """A key that no operator key opens, or a destroyed one, raises KeyMissing."""
    made, _ = Vault([OLD]).new_box("T1", "U1")
    with pytest.raises(KeyMissing):
        Vault([NEW]).box(made if wrapped is None else wrapped, "T1", "U1")


def test_a_key_that_only_claims_the_name_does_not_open() -> None:
    """The name before a wrapped key is no proof: the bytes behind it have to open."""
    wrapped, _ = Vault([OLD]).new_box("T1", "U1")
    forged = key_name(NEW) + wrapped[8:]
    with pytest.raises(SealBroken):
        Vault([NEW]).box(forged, "T1", "U1")


def test_no_secret_in_what_is_shown() -> None:
    """Neither the repr of a vault or box nor an exception's text holds a key or the words."""
    vault = Vault([OLD])
    _, box = vault.new_box("T1", "U1")
    shown = repr(vault) + repr(box) + str(box)
    try:
        box.open("reflection", "r2", box.seal("reflection", "r1", SECRET))
    except SealBroken as error:
        shown += "".join(traceback.format_exception(error))
    for secret in (OLD, box._key):
        assert repr(secret)[2:-1] not in shown
        assert base64.urlsafe_b64encode(secret).decode() not in shown
        assert secret.hex() not in shown
    assert SECRET not in shown


def test_a_new_key_can_be_read() -> None:
    """`new_key` makes what `read_key` takes, another one each time, blanks around it forgiven."""
    one, other = new_key(), new_key()
    assert one != other
    assert len(read_key(f" {one}\n")) == 32


@pytest.mark.parametrize("text", ["", "short", "é" * 44, base64.urlsafe_b64encode(bytes(31)).decode(), "!" * 44])
def test_what_is_no_key_is_refused_without_repeating_it(text: str) -> None:
    """Anything but 32 bytes in URL-safe base64 raises ValueError, and the message does not show it."""
    with pytest.raises(ValueError, match=r"base64|bytes") as caught:
        read_key(text)
    assert not text or text not in str(caught.value)


def test_a_vault_needs_a_key() -> None:
    """Without any operator key there is no vault."""
    with pytest.raises(ValueError, match="needs a key"):
        Vault([])
