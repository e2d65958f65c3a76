"""What reading and checking the library costs over parsing its YAML into nothing, and whether it stays linear."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from statistics import median

from ruamel.yaml import YAML

from bench.report import Goal, Line, Report
from bot.config import content_folder
from bot.nudges.library import check

GOAL = Goal(1.3)
"""How much dearer an entry may be among 20,000 than among 2,000."""

SMALL, LARGE = 2_000, 20_000
_FILE = 900  # entries: well under the limit on a file's size
_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Result:
    """Seconds of CPU: the shipped library in all, then one entry among so many; parsed into nothing, and checked."""

    shipped: float
    shipped_parsed: float
    small: float
    small_parsed: float
    large: float
    large_parsed: float

    @property
    def growth(self) -> float:
        """An entry among many over an entry among few, when checked."""
        return self.large / self.small


async def report(quick: bool) -> Report:
    """The same figures, as lines. As it is short, `quick` changes nothing."""
    found = measure()
    lines = [
        Line(what, ours / bare, figures={"ruamel alone, CPU ms": bare * 1000, "Ally, CPU ms": ours * 1000})
        for what, bare, ours in (
            ("the shipped one, in all", found.shipped_parsed, found.shipped),
            (f"an entry among {SMALL:,}", found.small_parsed, found.small),
            (f"an entry among {LARGE:,}", found.large_parsed, found.large),
        )
    ]
    lines.append(Line("among many over among few", found.growth, goal=GOAL))
    return Report("Reading and checking the library over parsing its YAML", lines)


def measure() -> Result:
    """The same files parsed and checked in turns; the large ones once, for they take long enough to be steady."""
    shipped = content_folder()
    check(shipped)  # what is imported on first use is not counted
    times = [(_seconds(lambda: check(shipped)), _seconds(lambda: _parse(shipped))) for _ in range(_ROUNDS)]
    with tempfile.TemporaryDirectory() as small, tempfile.TemporaryDirectory() as large:
        _write(Path(small), SMALL)
        _write(Path(large), LARGE)
        few = [(_seconds(lambda: _check(small)), _seconds(lambda: _parse(Path(small)))) for _ in range(_ROUNDS)]
        many = _seconds(lambda: _check(large)), _seconds(lambda: _parse(Path(large)))
    return Result(
        shipped=median(one for one, _ in times),
        shipped_parsed=median(one for _, one in times),
        small=median(one for one, _ in few) / SMALL,
        small_parsed=median(one for _, one in few) / SMALL,
        large=many[0] / LARGE,
        large_parsed=many[1] / LARGE,
    )


def _seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _check(folder: str) -> None:
    library, findings = check(Path(folder))
    assert library is not None, "\n".join(map(str, findings[:5]))


def _parse(folder: Path) -> None:
    for path in folder.rglob("*.yaml"):
        for _ in YAML(typ="safe", pure=True).parse(path.read_text(encoding="utf-8")):
            pass


def _write(folder: Path, entries: int) -> None:
    texts = _entries(random.Random(1))  # the same library each time
    practices = "".join(f"  - {{id: p{number}, label: P, role: ally}}\n" for number in range(entries // 99 + 1))
    (folder / "frame.yaml").write_text(f"sources:\n  - {{id: s, cite: S}}\npractices:\n{practices}", encoding="utf-8")
    for start in range(0, entries, _FILE):
        some = "".join(islice(texts, min(_FILE, entries - start)))
        (folder / f"nudges-{start}.yaml").write_text(f"nudges:\n{some}", encoding="utf-8")


def _entries(rng: random.Random) -> Iterator[str]:
    """Nudges as long as real ones, in frames of words that many share, so that likeness has something to do."""
    syllables = [a + b + c for a in "bdfglmnprst" for b in "aeiou" for c in "lmnrst"]
    words = ["".join(rng.choices(syllables, k=2)) for _ in range(4_000)]
    for number in count():
        one = rng.choices(words, k=14)
        yield (
            f"  - id: p{number // 99}-{number % 99 + 1:02}\n"
            f"    do: Ask who has the {one[0]} {one[1]} {one[2]} before you {one[3]} the {one[4]}.\n"
            f"    when: Before the {one[5]} {one[6]} {one[7]}\n"
            f"    why: Nobody means to {one[8]} it. A {one[9]} with the {one[10]} lets more people {one[11]}.\n"
            f"    ask: What did the {one[12]} {one[13]} change for them?\n"
            f"    practice: p{number // 99}\n    stance: aside\n    sphere: moment\n    trigger: anytime\n"
            "    stretch: 1\n    minutes: 2\n    audience: everyone\n    settings: [meeting, chat]\n    source: [s]\n\n"
        )
