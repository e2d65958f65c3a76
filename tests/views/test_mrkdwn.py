"""mrkdwn reads as Slack shows it, and whatever does not fit is shown as it was written."""

from __future__ import annotations

import time
from zoneinfo import ZoneInfo

import pytest

from bot.views import mrkdwn
from bot.views.html import Look, render_mrkdwn

LOOK = Look(names={"U1": "Mina", "C1": "general", "S1": "allies"}, zone=ZoneInfo("Europe/Berlin"))
NOON = 1_780_315_200  # 1 June 2026, 12:00 UTC


def drawn(text: str) -> str:
    return str(render_mrkdwn(text, LOOK))


def a(url: str, label: str) -> str:
    opens = 'rel="noopener noreferrer nofollow" target="_blank"'
    return f'<a class="bk-link" href="{url}" {opens}><bdi>{label}</bdi></a>'


def at(sign: str, name: str) -> str:
    return f'<span class="bk-mention">{sign}<bdi>{name}</bdi></span>'


EMPHASIS = {
    "*bold*": "<strong>bold</strong>",
    "_italic_": "<em>italic</em>",
    "~gone~": "<s>gone</s>",
    "*a* and *b*": "<strong>a</strong> and <strong>b</strong>",
    "*bold _and italic_*": "<strong>bold <em>and italic</em></strong>",
    "_*~all~*_": "<em><strong><s>all</s></strong></em>",
    "(*inside*), “_these_”.": "(<strong>inside</strong>), “<em>these</em>”.",
    "*two words*": "<strong>two words</strong>",
    "_snake_case_name_": "<em>snake_case_name</em>",
    "*Forward*: I asked": "<strong>Forward</strong>: I asked",
}

LEFT_ALONE = [
    "snake_case_name",
    "2*3*4",
    "2 * 3 * 4",
    "* one\n* two",
    "*not closed",
    "not opened*",
    "**",
    "****",
    "**not bold**",
    "* spaces *",
    "a*b*",
    "*a*b",
    "_",
    "~",
    "`",
    "``",
    "```",
    "``````",
    "10:30:45",
    ":not_an_emoji:",
    "- a list\n- stays text",
    "1. so does\n2. this one",
    "\\*",
    "[label](https-less)",
]


@pytest.mark.parametrize(("text", "html"), EMPHASIS.items())
def test_emphasis(text: str, html: str) -> None:
    """Emphasis works at the edges of words, and nests."""
    assert drawn(text) == html


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_left_alone(text: str) -> None:
    """What is no mark-up in Slack is text here."""
    assert drawn(text) == text.replace("\n", "<br>")


def test_emphasis_stays_in_its_line() -> None:
    """A mark that is not closed in its line is a sign."""
    assert drawn("*one\ntwo*") == "*one<br>two*"


def test_entities_are_resolved_once() -> None:
    """`&amp;lt;` is what somebody wrote who meant `&lt;`."""
    assert drawn("&lt;b&gt; &amp;amp; &amp;lt; &nbsp; &") == "&lt;b&gt; &amp;amp; &amp;lt; &amp;nbsp; &amp;"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("`*code*`", "<code>*code*</code>"),
        ("`a &lt; b`", "<code>a &lt; b</code>"),
        ("`:tada:`", "<code>:tada:</code>"),
        ("*`both`*", "<strong><code>both</code></strong>"),
        ("*a `*` b*", "<strong>a <code>*</code> b</strong>"),
        ("`<https://a.b|x>`", f"<code>{a('https://a.b', 'x')}</code>"),
        ("```one\n  two```", "<pre>\none\n  two</pre>"),
        ("```\none\n```\nafter", "<pre>\none</pre>after"),
        ("before\n```\n\n*one*```", "before<pre>\n\n*one*</pre>"),
        ("```a``` ```b```", "<pre>\na</pre> <pre>\nb</pre>"),
    ],
)
def test_code(text: str, html: str) -> None:
    """In code nothing is emphasis or emoji; a block keeps its spaces and lines."""
    assert drawn(text) == html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("> a\n> *b*\nc", "<blockquote>a<br><strong>b</strong></blockquote>c"),
        ("&gt; as Slack sends it", "<blockquote>as Slack sends it</blockquote>"),
        ("a\n&gt;b", "a<blockquote>b</blockquote>"),
        ("&gt;&gt;&gt; a\nb", "<blockquote>a<br>b</blockquote>"),
        ("a > b", "a &gt; b"),
    ],
)
def test_quotes(text: str, html: str) -> None:
    """A line that begins with `>` is a quote; after `>>>` so is all the rest."""
    assert drawn(text) == html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<https://a.b/c?d=1&amp;e=2|the *label*>", a("https://a.b/c?d=1&amp;e=2", "the *label*")),
        ("<https://a.b>", a("https://a.b", "https://a.b")),
        ("<mailto:x@y.z|write>", a("mailto:x@y.z", "write")),
        ("<mailto:x@y.z>", a("mailto:x@y.z", "x@y.z")),
        ("*<https://a.b|x>*", f"<strong>{a('https://a.b', 'x')}</strong>"),
        ("see https://a.b/c_d_e.", f"see {a('https://a.b/c_d_e', 'https://a.b/c_d_e')}."),
        ("(https://a.b)", f"({a('https://a.b', 'https://a.b')})"),
        ("*https://a.b*", f"<strong>{a('https://a.b', 'https://a.b')}</strong>"),
        ("https://a.b?x=1&amp;y=2", a("https://a.b?x=1&amp;y=2", "https://a.b?x=1&amp;y=2")),
    ],
)
def test_links(text: str, html: str) -> None:
    """Links open elsewhere and tell the other side nothing; bare addresses become links, as in Slack."""
    assert drawn(text) == html


@pytest.mark.parametrize(
    "text",
    [
        "<javascript:alert(1)|click>",
        "<JaVaScRiPt:alert(1)>",
        "<data:text/html;base64,PHN2Zz4=|x>",
        "<vbscript:x|y>",
        "<file:///etc/passwd>",
        "<https://a.b c|x>",
        '<https://a.b"onclick=x|y>',
        "<script>alert(1)</script>",
        "<!--",
        "<>",
        "<|>",
        "<@>",
        "<@nobody here>",
        "<!date^x^y|z>",
        "<!unknown>",
    ],
)
def test_what_is_no_link_is_text(text: str) -> None:
    """An address that a page may not point to is shown, whole, as it was written."""
    assert "<a" not in drawn(text)
    assert drawn(text) == str(mrkdwn.lines(text))


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<@U1>", at("@", "Mina")),
        ("<@U1|old name>", at("@", "Mina")),
        ("<@U2|label>", at("@", "label")),
        ("<@U2>", at("@", "U2")),
        ("<#C1>", at("#", "general")),
        ("<#C2|random>", at("#", "random")),
        ("<!here>", at("@", "here")),
        ("<!channel|channel>", at("@", "channel")),
        ("<!subteam^S1>", at("@", "allies")),
        ("<!subteam^S2|@group>", at("@", "group")),
    ],
)
def test_mentions(text: str, html: str) -> None:
    """People, channels and groups go by the names that the page knows."""
    assert drawn(text) == html


def test_names_are_text() -> None:
    """A display name is whatever somebody typed."""
    assert str(render_mrkdwn("<@U1>", Look(names={"U1": "<b>*x*"}))) == at("@", "&lt;b&gt;*x*")


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ("{date_num} {time}", "2026-06-01 2:00 PM"),
        ("{date}", "June 1st, 2026"),
        ("{date_short}, {time_secs}", "Jun 1, 2026, 2:00:00 PM"),
        ("{date_long_pretty}", "Monday, June 1st, 2026"),
        ("Due {date_pretty} {nonsense}", "Due June 1st, 2026 {nonsense}"),
    ],
)
def test_dates(shape: str, said: str) -> None:
    """A date stands on the reader's own clock."""
    assert drawn(f"<!date^{NOON}^{shape}|then>") == f'<time datetime="2026-06-01T12:00:00Z">{said}</time>'


def test_dates_with_a_link_and_without_a_calendar() -> None:
    """A date may be a link; one that no calendar has shows its fallback."""
    inside = a("https://a.b", "2026-06-01")
    assert inside in drawn(f"<!date^{NOON}^{{date_num}}^https://a.b|then>")
    assert drawn("<!date^999999999999^{date}|then>") == "then"


def test_emoji() -> None:
    """Known shortcodes are drawn, with or without a skin tone; the others stay as they are."""
    assert drawn(":tada: :wave::skin-tone-3: :party_parrot: x:+1:") == "🎉 👋 :party_parrot: x👍"


def test_what_no_page_can_carry_shows_as_a_mark() -> None:
    """Null bytes, other control characters and halves of characters."""
    assert drawn("a\0b\x1b\ud800c\r\nd") == "a\ufffdb\ufffd\ufffdc<br>d"


@pytest.mark.parametrize("unit", ["*a ", "_x*", "<", "`", ">", "https://a", ":x", "*`a`", "<@U1", "&lt;"])
def test_hostile_text_takes_no_time(unit: str) -> None:
    """40,000 characters of nothing but marks are drawn at once."""
    text = unit * (40_000 // len(unit))
    began = time.perf_counter()
    drawn(text)
    assert time.perf_counter() - began < 5  # about 0.1 s; a square of it would be minutes
