"""Puts a new draft into the library on the disk: the one thing here that writes."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from bot.model import Library
from bot.nudges.drafting.draft import Draft, draft, home_of
from bot.nudges.drafting.insertion import NoDraft
from bot.nudges.reading.files import source_file, source_files

_NEW_FILE_MODE = 0o644
_WRITABLE = 0o222


def add_draft(folder: Path, library: Library, practice: str, file: Path | None = None) -> Draft:
    """A draft for `practice`, written into `file`, or else where its nudges stand. Raises NoDraft and OSError.

    `library` is the sound library in `folder`. The file is replaced in one step, with its mode: whoever reads it
    meanwhile, such as a bot that is running, gets the old text or the new one.
    """
    _may_be_written(folder)
    found = source_files(folder, lambda _: None, lambda _: None)
    own = [one.path for one in found if one.translates is None]
    before = {path: _read(path) for path in ([file] if file else own)}
    if file is not None and not any(_same(file, path) for path in own):
        _may_be_new(file, folder)
        before[file] = _modeline(file, folder).encode()
    texts = {path: data.decode() for path, data in before.items()}
    packs = frozenset(path for path in texts if _is_pack(path, folder))
    home = file or home_of(texts, practice, packs)
    made = draft(library, texts, practice, home, pack=home in packs)
    if home.exists() and not (home.stat().st_mode & _WRITABLE and os.access(home, os.W_OK)):
        raise NoDraft(f"{home} may only be read → let yourself write it, or name another with --file")
    if home.exists() and _read(home) != before[home]:
        raise NoDraft(f"{home} was changed just now, and nothing was added → save it, and try again")
    _replace(home, made.text.encode())
    return made


def _may_be_written(folder: Path) -> None:
    """An installed copy of the library is replaced with the next update, drafts and all. Raises NoDraft."""
    real = Path(os.path.realpath(folder))
    if installed := {"site-packages", "dist-packages"} & set(real.parts):
        [where] = installed
        mend = "copy the folder to a place of yours, and set ALLY_CONTENT to it"
        raise NoDraft(f"{folder} is installed in {where}, and an update would take the draft away → {mend}")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _same(one: Path, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def _may_be_new(file: Path, folder: Path) -> None:
    """Whether Ally would read a new file there. Raises NoDraft."""
    if not folder.is_dir() or Path(os.path.realpath(folder)) not in Path(os.path.realpath(file)).parents:
        raise NoDraft(f"{file} is not in {folder}, where Ally would read it → name a file in there")
    if file.suffix != ".yaml" or file.name.startswith("."):
        raise NoDraft(f"{file}: Ally reads only names that end in .yaml → call it {file.stem.lstrip('.')}.yaml")
    if source_file(file).translates is not None:
        raise NoDraft(f"{file} is a translation, and repeats ids → add the nudge to the file that it translates")
    if file.exists():
        raise NoDraft(f"{file} cannot be read by Ally → see `ally library check`")


def _modeline(file: Path, folder: Path) -> str:
    """What a new file begins with, so that editors complete and check it."""
    schema = folder / "schema.json"
    if not schema.is_file():
        return ""
    return f"# yaml-language-server: $schema={Path(os.path.relpath(schema, file.parent)).as_posix()}\n"


def _is_pack(path: Path, folder: Path) -> bool:
    """Packs lie in a folder called packs."""
    inside = Path(os.path.realpath(path)).parent
    root = Path(os.path.realpath(folder))
    return "packs" in (inside.relative_to(root).parts if root in (inside, *inside.parents) else inside.parts[-1:])


def _replace(path: Path, data: bytes) -> None:
    target = Path(os.path.realpath(path))  # a link stays one
    try:
        _write_beside(target, data)
    except OSError as error:  # it names the file beside it, which the curator never heard of
        raise OSError(error.errno, error.strerror, str(path)) from error


def _write_beside(target: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, name)
        else:
            os.chmod(name, _NEW_FILE_MODE)
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise
