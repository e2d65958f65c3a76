"""Rules that hold for the whole house."""

from __future__ import annotations

import socket
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from pytest_socket import SocketConnectBlockedError

ROOT = Path(__file__).parent.parent


def test_tests_reach_nothing_but_this_machine() -> None:
    """A socket to anywhere else is refused before a packet leaves."""
    with socket.socket() as outside, pytest.raises((SocketConnectBlockedError, UserWarning)):
        outside.connect(("192.0.2.1", 80))


def test_nothing_happens_at_import() -> None:
    """No settings are read, no event loop runs, no file is opened for writing: importing all of Ally is silent."""
    modules = sorted(
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in (ROOT / "bot").rglob("*.py")
        if "migrations" not in path.parts and path.name not in ("__main__.py", "__init__.py")
    )
    code = f"import sys\nfor name in {modules!r}: __import__(name)\nassert 'sandbox' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_wheel_holds_the_library_and_the_migrations_and_no_sandbox(tmp_path: Path) -> None:
    """What is installed works outside the repository."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for needed in (
        "bot/content/nudges.yaml",
        "bot/storage/migrations/versions/0001_workspaces.py",
        "bot/storage/migrations/env.py",
        "bot/views/locale/ally.pot",
        "bot/views/templates/blocks.css",
    ):
        assert needed in names
    assert not [name for name in names if name.startswith(("sandbox", "tests", "bench"))]
