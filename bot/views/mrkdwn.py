"""Slack's mrkdwn as HTML, and the small safe pieces that all drawing of text is made of. Pure, and it never raises.

The rules are those of Slack's page "Formatting text for app surfaces": `&`, `<` and `>` come as entities and are
resolved exactly once; what stands in angle brackets is a link, a mention or a date; a mark of emphasis works only at
the edge of a word and within one line; lists stay text. Whatever does not fit is shown as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from markupsafe import Markup, escape

_TEMPLATES = Path(__file__).parent / "templates"
BREAK = Markup("<br>")
_LINK = Markup('<a class="bk-link" href="{}" rel="noopener noreferrer nofollow" target="_blank"><bdi>{}</bdi></a>')
_MENTION = Markup('<span class="bk-mention">{}<bdi>{}</bdi></span>')
_STYLES = {
    "*": Markup("<strong>{}</strong>"),
    "_": Markup("<em>{}</em>"),
    "~": Markup("<s>{}</s>"),
}
# Neither HTML nor UTF-8 can carry these: control characters, halves of surrogate pairs, non-characters.
_UNSHOWABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_URL = re.compile(r"(?:https?://|mailto:)[^\s<>\"\x00-\x20]+", re.IGNORECASE)
_FENCE = re.compile(r"```(.+?)```", re.DOTALL)
_BARE = r"(?<![\w/])https?://[^\s<>|`\"]+"
_TOKEN = re.compile(rf"`[^`\n]+`|<[^<>\n]+>|{_BARE}")
_QUOTED = re.compile(r"(?:>|&gt;) ?")
_QUOTED_REST = re.compile(r"(?:>|&gt;){3}")
_ENTITY = re.compile(r"&(amp|lt|gt);")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">"}
_FAR = 253_402_300_800  # the year 10000, where Python's calendar ends


def shown(text: str) -> str:
    """The text with what no page can carry replaced by a visible mark, and line ends as `\\n`."""
    return _UNSHOWABLE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def with_emoji(text: str) -> str:
    """The shortcodes that are known, as emoji; the others stay."""
    return _shortcode().sub(lambda found: emoji(found[0].split(":")[1]), text)


def emoji(name: str, otherwise: str = "") -> str:
    """One emoji by its shortcode, given without colons; `otherwise` if it is not known."""
    return _emoji().get(name, otherwise)


@lru_cache(maxsize=1)
def _emoji() -> Mapping[str, str]:
    rows = (_TEMPLATES / "emoji.txt").read_text(encoding="utf-8").splitlines()
    return {name: row.split()[0] for row in rows for name in row.split()[1:]}


@lru_cache(maxsize=1)
def _shortcode() -> re.Pattern[str]:
    names = "|".join(re.escape(name) for name in sorted(_emoji(), key=len, reverse=True))
    return re.compile(rf":(?:{names}):(?::skin-tone-[2-6]:)?")


@lru_cache(maxsize=1)
def _piece() -> re.Pattern[str]:
    """What is more than text in a line of mrkdwn."""
    emoji = _shortcode().pattern
    return re.compile(rf"(?P<token>`[^`\n]+`|<[^<>\n]+>)|(?P<emoji>{emoji})|(?P<url>{_BARE})|(?P<mark>[*_~])")


def lines(text: str) -> Markup:
    """Plain text: escaped, its line breaks kept."""
    return BREAK.join(shown(text).split("\n"))


def safe_url(url: str) -> str | None:
    """The address if a page may point to it: http, https or mailto."""
    return url if _URL.fullmatch(url) and not _UNSHOWABLE.search(url) else None


def link(url: str, label: str) -> Markup | None:
    """A link that opens elsewhere; None if the address is none that a page may point to."""
    return _LINK.format(url, with_emoji(shown(label))) if safe_url(url) else None


def mention(sign: str, name: str) -> Markup:
    """Somebody or something by name: `@Mina`, `#general`."""
    return _MENTION.format(sign, shown(name).removeprefix(sign))


def date_text(timestamp: int, shape: str, zone: ZoneInfo) -> str | None:
    """`{date_long} at {time}` filled in for a moment, in `zone`; None for a moment no calendar has.

    There is no clock here, so the forms that say "today" or "an hour ago" say the date.
    """
    if not 0 <= timestamp < _FAR - 86_400:
        return None
    local = datetime.fromtimestamp(timestamp, UTC).astimezone(zone)
    tail = "th" if 10 < local.day < 20 else {1: "st", 2: "nd", 3: "rd"}.get(local.day % 10, "th")

    def day(pattern: str) -> str:
        return format_date(local.date(), pattern, locale="en_US").replace("@", tail)

    forms = {
        "date_num": day("yyyy-MM-dd"),
        "date_slash": day("MM/dd/yyyy"),
        "date": day("MMMM d'@', yyyy"),
        "date_short": day("MMM d, yyyy"),
        "date_long": day("EEEE, MMMM d'@', yyyy"),
        "time": format_time(local.time(), "h:mm a", locale="en_US"),
        "time_secs": format_time(local.time(), "h:mm:ss a", locale="en_US"),
    }
    forms |= {f"{name}_pretty": forms[name] for name in ("date", "date_short", "date_long")}
    forms["day_divider_pretty"] = forms["date_long"]
    forms["ago"] = f"{forms['date_short']}, {forms['time']}"
    return re.sub(r"\{([a-z_]+)\}", lambda found: forms.get(found[1], found[0]), shape)


def date(timestamp: int, shape: str, zone: ZoneInfo, fallback: str, url: str = "") -> Markup:
    """A moment as its reader's clock has it."""
    said = date_text(timestamp, shape, zone)
    if said is None:
        return lines(fallback)
    moment = datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Markup('<time datetime="{}">{}</time>').format(moment, link(url, said) or shown(said))


def to_html(
    text: str, names: Mapping[str, str], zone: ZoneInfo, *, inline: bool = False, verbatim: bool = False
) -> Markup:
    """mrkdwn as HTML. `names`: people and channels by id. `zone`: the reader's. `inline`: no block quotes and no
    code blocks, for places that hold one line, such as a label. `verbatim`: bare addresses stay text."""
    return _Reading(names, zone, verbatim).whole(shown(text), inline)


class _Reading:
    """One text on its way to HTML."""

    def __init__(self, names: Mapping[str, str], zone: ZoneInfo, verbatim: bool) -> None:
        self._names, self._zone, self._verbatim = names, zone, verbatim

    def whole(self, text: str, inline: bool) -> Markup:
        if inline:
            return BREAK.join(self._line(line) for line in text.split("\n"))
        parts: list[Markup] = []
        pieces = _FENCE.split(text)  # with one group: text, code, text, code, …, text
        for at, piece in enumerate(pieces):
            if at % 2:
                # A pre drops the line break it begins with: this one is there to be dropped.
                parts.append(Markup("<pre>\n{}</pre>").format(self._code(_stripped(piece, True, True))))
            elif rest := _stripped(piece, at > 0, at < len(pieces) - 1):
                parts.append(self._paragraphs(rest))
        return Markup("").join(parts)

    def _paragraphs(self, text: str) -> Markup:
        """Lines and quotes."""
        parts: list[tuple[bool, list[Markup]]] = []
        rest = False
        for line in text.split("\n"):
            if not rest and (start := _QUOTED_REST.match(line)):
                rest, line = True, line[start.end() :].lstrip()
                parts.append((True, []))
            quoted = rest
            if not rest and (start := _QUOTED.match(line)):
                quoted, line = True, line[start.end() :]
            if not parts or parts[-1][0] != quoted:
                parts.append((quoted, []))
            parts[-1][1].append(self._line(line))
        return Markup("").join(
            Markup("<blockquote>{}</blockquote>").format(BREAK.join(some)) if quoted else BREAK.join(some)
            for quoted, some in parts
        )

    def _line(self, text: str, within: frozenset[str] = frozenset()) -> Markup:
        """One line: tokens, emoji, addresses, emphasis. `within`: the emphasis that is on already."""
        parts: list[str] = []
        ends: _Ends | None = None
        at = 0
        while found := _piece().search(text, at):
            parts.append(_plain(text[at : found.start()]))
            at = found.end()
            piece = found[0]
            match found.lastgroup:
                case "token":
                    parts.append(self._token(piece))
                case "emoji":
                    parts.append(with_emoji(piece))
                case "url":
                    address = _trimmed(piece)
                    at = found.start() + len(address)
                    drawn = None if self._verbatim else link(_unescape(address), _unescape(address))
                    parts.append(drawn or _plain(address))
                case _:
                    ends = ends or _Ends(text, within)
                    end = ends.of(found.start())
                    if end is None:
                        parts.append(piece)
                    else:
                        inner = self._line(text[found.end() : end], within | {piece})
                        parts.append(_STYLES[piece].format(inner))
                        at = end + 1
        parts.append(_plain(text[at:]))
        return Markup("").join(Markup(part) for part in parts)  # noqa: S704 — each part is escaped above

    def _code(self, text: str) -> Markup:
        """Code: links and mentions work in it, emphasis and emoji do not."""
        parts = re.split(r"(<[^<>\n]+>)", text)
        return Markup("").join(
            self._token(part) if at % 2 else Markup(_plain(part))  # noqa: S704 — escaped
            for at, part in enumerate(parts)
        )

    def _token(self, token: str) -> Markup:
        """`code` or what stands in angle brackets; as written if it is nothing that Slack knows."""
        if token[0] == "`":
            return Markup("<code>{}</code>").format(self._code(token[1:-1]))
        inside, _, label = token[1:-1].partition("|")
        label = _unescape(label)
        drawn: Markup | None
        match inside[:1]:
            case "@" if re.fullmatch(r"[UWB][A-Z0-9]+", inside[1:]):
                drawn = mention("@", self._names.get(inside[1:]) or label or inside[1:])
            case "#" if re.fullmatch(r"[CGD][A-Z0-9]+", inside[1:]):
                drawn = mention("#", self._names.get(inside[1:]) or label or inside[1:])
            case "!":
                drawn = self._special(inside[1:], label)
            case _:
                drawn = link(_unescape(inside), label or _unescape(inside).removeprefix("mailto:"))
        return drawn if drawn is not None else escape(_unescape(token))

    def _special(self, inside: str, label: str) -> Markup | None:
        if inside in ("here", "channel", "everyone"):
            return mention("@", inside)
        if inside.startswith("subteam^"):
            group = inside.removeprefix("subteam^")
            return mention("@", self._names.get(group) or label or group)
        parts = inside.split("^")
        if parts[0] != "date" or len(parts) not in (3, 4) or not re.fullmatch(r"\d{1,12}", parts[1], re.ASCII):
            return None
        url = _unescape(parts[3]) if len(parts) == 4 else ""
        return date(int(parts[1]), _unescape(parts[2]), self._zone, label or _unescape(parts[2]), url)


class _Ends:
    """Where emphasis ends in one line. Linear however many marks there are: hostile text must not take its time."""

    def __init__(self, text: str, within: frozenset[str]) -> None:
        self._text = text
        self._hopeless = set(within)
        # Marks inside a link, an address or code are no marks.
        spans = [(hit.start(), hit.start() + len(_trimmed(hit[0]))) for hit in _TOKEN.finditer(text)]
        self._taken = {at for start, end in spans for at in range(start, end)}

    def of(self, at: int) -> int | None:
        """The place of the mark that ends the emphasis beginning at `at`; None where none begins there."""
        text, mark = self._text, self._text[at]
        before, after = text[at - 1 : at] if at else "", text[at + 1 : at + 2]
        if mark in self._hopeless or not after or after.isspace() or mark in (before, after) or before.isalnum():
            return None
        end = text.find(mark, at + 2)
        while end != -1:
            before, after = text[end - 1], text[end + 1 : end + 2]
            if not (end in self._taken or before.isspace() or mark in (before, after) or after.isalnum()):
                return end
            end = text.find(mark, end + 1)
        # No later mark of this kind finds an end either.
        self._hopeless.add(mark)
        return None


def _stripped(text: str, first: bool, last: bool) -> str:
    """The text without its first and last line break: a code block stands on lines of its own."""
    text = text.removeprefix("\n") if first else text
    return text.removesuffix("\n") if last else text


def _trimmed(url: str) -> str:
    """A bare address without the punctuation of the sentence around it."""
    return url if url[0] in "`<" else re.sub(r"(?:&gt;|[.,;:!?)\]}'*_~])+$", "", url)


def _unescape(text: str) -> str:
    return _ENTITY.sub(lambda found: _ENTITIES[found[1]], text)


def _plain(text: str) -> str:
    return str(escape(_unescape(text)))
