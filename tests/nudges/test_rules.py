"""The rules about words: what breaks one is found at the very word; what does not is left in peace."""

from __future__ import annotations

import subprocess
import sys

import pytest

from bot.model import Setting
from bot.nudges.wording.form import Remark, reading_grade
from bot.nudges.wording.rules import remarks, remarks_in_any_language, remarks_on_question, remarks_on_repair

FINE = {
    "do": "Ask who is missing before you book.",
    "when": "Before a meeting that needs many views",
    "why": "Nobody means to leave people out. You hear what you would have missed.",
    "ask": "What changed for them?",
}
MEETING = frozenset({Setting.MEETING})

GOOD = {
    1: "Ask who is missing before you book.",
    2: "Swap who takes notes today.",
    3: "Check who spoke last.",
    4: "Share the boring jobs.",
    5: "Add one name to an invite.",
    6: "Notice who you ask by habit.",
    7: "Ask whoever did the work to present.",
    8: "Read one first-hand account.",
    9: "Learn to say one name well.",
    10: "Offer help; let them choose.",
    11: "Try speaking third today.",
    13: "Fix one line in the advert.",
    14: "At handover, name who fixed it.",
    15: "Say “Let’s pause there.”",
}
"""The good examples of the rules (CONTENT.md), by rule."""

BAD = {
    1: "It would be nice to ask.",
    2: "Swap notes, rotate chairs and review pay.",
    3: "Check who spoke last in the meeting and then the one before it and the one before that one too, as well.",
    4: "Interrogate inequitable administrative burdens.",
    6: "As a man, speak up.",
    7: "Ask a Black colleague to speak.",
    8: "Ask a disabled teammate what it’s like.",
    9: "Make everyone share pronouns.",
    10: "Step in and fix it for them.",
    11: "You should know better.",
    13: "Post support in #general.",
    14: "Unmute to add your view.",
    15: "Confront your boss in public.",
}
"""The bad ones, but for those that only a person can tell."""


def on(field: str, text: str, settings: frozenset[Setting] = MEETING) -> list[Remark]:
    """What is said of a fine nudge that has another text in `field`."""
    whole = FINE | {field: text}
    return [*remarks(whole, settings), *remarks_in_any_language(whole)]


@pytest.mark.parametrize("rule", GOOD)
def test_the_good_examples_pass(rule: int) -> None:
    """Nothing is said of what the house holds up as good."""
    assert on("do", GOOD[rule]) == []


@pytest.mark.parametrize("rule", BAD)
def test_the_bad_examples_fail_under_their_rule(rule: int) -> None:
    """Each is an error, of the rule it is the example of, on `do`, and the message names the rule."""
    found = [one for one in on("do", BAD[rule], frozenset({Setting.ANY})) if one.rule == rule]
    assert [one.level for one in found][:1] == ["error"]
    assert found[0].field == "do" or rule == 4
    assert f"(rule {rule})" in found[0].message
    assert found[0].mend


BROKEN = [
    # 1
    ("do", "The notes could be shared.", 1, "error", "The"),
    ("do", "We ask who is missing.", 1, "error", "We"),
    ("do", "You could ask who is missing.", 1, "error", "You"),
    ("do", "When you meet, ask who is missing.", 1, "warning", "When"),
    ("do", "Asking who is missing.", 1, "error", "Asking"),
    ("do", "Quietly ask who is missing.", 1, "warning", "Quietly"),
    ("do", "Please ask who is missing.", 1, "warning", "Please"),
    ("easier", "Just nod.", 1, "warning", "Just"),
    ("easier", "Just a nod.", 1, "error", "Just"),
    ("do", "Once they finish, say what you heard.", 1, "warning", "Once"),
    ("do", "Wring out the mop.", 1, "warning", "Wring"),
    ("do", "“Who is missing?”", 1, "error", ""),
    ("do", "3 names to add.", 1, "error", ""),
    ("do", "Let’s ask who is missing.", 1, "error", "Let’s"),
    ("do", "Xyzzy the notes.", 1, "warning", "Xyzzy"),
    ("do", "Don’t take the first seat.", 1, "warning", "Don’t"),
    ("do", "Do not take the first seat.", 1, "warning", "Do not"),
    ("easier", "A smaller step.", 1, "error", "A"),
    # 2
    ("do", "Swap the notes and review the pay bands.", 2, "warning", "review"),
    ("do", "Ask who is missing. Rewrite the invite.", 2, "warning", "Rewrite"),
    ("do", "Share the list. Then invite two more.", 2, "warning", "invite"),
    ("do", "Talk with Sam about the plan, write it up and send it to the team.", 2, "error", "write"),
    ("do", "Ask who is missing and invite them and thank the host.", 2, "error", "invite"),
    ("do", "Go to the shared folder, pick one file, rename it and tell the owner.", 2, "error", "rename"),
    ("do", "Help a colleague with a task, cook them lunch and drive them home.", 2, "error", "cook"),
    ("do", "Pick one form, and cut a question nobody uses.", 2, "warning", "cut"),
    # 3
    ("why", "It was, and it is, and it goes on and on and on, for a long time, and then to its end.", 3, "error", ""),
    # 4
    ("why", "This helps the under-represented.", 4, "error", "under-represented"),
    ("why", "Leverage what you know.", 4, "warning", "Leverage"),
    ("why", "Organisational accountability necessitates institutionalised redistribution.", 4, "error", ""),
    ("do", "Practise radical candor.", 4, "error", "radical candor"),
    ("do", "Unpack your biases.", 4, "warning", "Unpack your biases"),
    ("why", "Small acts foster belonging.", 4, "warning", "belonging"),
    ("why", "It helps to cultivate an inclusive environment.", 4, "warning", "cultivate an inclusive environment"),
    # 6
    ("why", "You have never had to worry about this.", 6, "error", "You have never had to"),
    ("why", "You have privilege others lack.", 6, "error", "You have privilege"),
    ("why", "You are probably not disabled.", 6, "error", "You are probably not disabled"),
    ("why", "Your privilege opens doors.", 6, "error", "Your privilege"),
    ("do", "Ask your wife how her day went.", 6, "error", "your wife"),
    ("why", "Being a white man, you are heard.", 6, "error", "Being a white man"),
    ("why", "We men talk a lot.", 6, "error", "We men"),
    ("when", "If you are a straight colleague", 6, "error", "If you are a straight"),
    ("why", "As an ally, you help.", 6, "error", "As an ally"),
    # 7
    ("do", "Invite the only woman to present.", 7, "error", "only woman"),
    ("do", "Ask someone from a minority background.", 7, "error", "from a minority background"),
    ("why", "Women tend to be talked over.", 7, "error", "Women tend"),
    ("do", "Ask a woman to present.", 7, "error", "Ask a woman"),
    ("do", "Hire a diverse candidate.", 7, "error", "diverse candidate"),
    ("do", "Read a book by a Black author.", 7, "warning", "Black author"),
    ("why", "Then women can join.", 7, "warning", "women"),
    ("why", "It helps deaf colleagues to follow.", 7, "warning", "deaf colleagues"),
    ("do", "Read one first-hand account by a trans colleague.", 7, "warning", "trans colleague"),
    ("do", "Watch a talk by a deaf engineer.", 7, "warning", "deaf engineer"),
    ("do", "Add captions so deaf colleagues can follow the film.", 7, "warning", "deaf colleagues"),
    ("do", "Ask someone with a disability to test the door.", 7, "error", "someone with a disability"),
    ("do", "Ask a wheelchair user to test the route.", 7, "warning", "Ask a wheelchair user"),
    ("do", "Add a woman to the panel.", 7, "error", "Add a woman"),
    ("do", "Make the panel more diverse.", 7, "warning", "more diverse"),
    ("do", "Greet the man at the gate by name.", 7, "warning", "the man at the"),
    ("why", "Asians are good at maths.", 7, "error", "Asians are"),
    ("why", "Older colleagues struggle with new tools.", 7, "error", "Older colleagues struggle"),
    ("why", "Young people are welcome here too.", 7, "warning", "Young people"),
    # 8
    ("do", "Ask them where they are really from.", 8, "error", "Ask them where they are really from"),
    ("do", "Invite someone to share their experience of racism.", 8, "error", "Invite someone to share"),
    ("do", "Ask how they experience bias here.", 8, "error", "Ask how they experience bias"),
    ("do", "Have them explain why the joke hurt.", 8, "error", "Have them explain why the joke hurt"),
    ("do", "Ask the night shift what it’s like after the change.", 8, "warning", "Ask the night shift what it’s like"),
    ("do", "Ask her to share her story.", 8, "error", "Ask her to share her story"),
    ("do", "Invite them to explain their faith.", 8, "error", "Invite them to explain their faith"),
    ("ask", "Could you ask them to educate the team?", 8, "error", "ask them to educate"),
    ("do", "Ask them what it’s like to use the new rota.", 8, "warning", "Ask them what it’s like"),
    # 9
    ("do", "Add your pronouns to your name.", 9, "error", "Add your pronouns"),
    ("do", "Tell the team about their diagnosis.", 9, "error", "Tell the team about their diagnosis"),
    ("do", "Bring your whole self to work.", 9, "error", "your whole self"),
    ("do", "Find out whether someone is gay.", 9, "error", "Find out whether someone is gay"),
    ("do", "Ask whether anyone has a disability.", 9, "error", "Ask whether anyone has a disability"),
    ("do", "Start the round with names and pronouns.", 9, "error", "Start the round with names and pronouns"),
    ("do", "Ask who in the team is gay.", 9, "error", "Ask who in the team is gay"),
    ("do", "Tell your team that she is pregnant.", 9, "error", "Tell your team that she is pregnant"),
    ("do", "Ask why they were off sick.", 9, "error", "Ask why they were off sick"),
    ("when", "When someone comes out to you", 9, "warning", "comes out to you"),
    # 10
    ("do", "Speak on behalf of the quiet ones.", 10, "error", "Speak on behalf of the quiet"),
    ("do", "Speak up for those who can’t.", 10, "error", "Speak up for those who"),
    ("do", "Take over for them when they stumble.", 10, "warning", "Take over for them"),
    ("do", "Finish their sentence for them.", 10, "error", "Finish their sentence"),
    ("do", "Solve their problem.", 10, "error", "Solve their problem"),
    ("do", "Protect vulnerable colleagues.", 10, "error", "Protect vulnerable colleagues"),
    ("do", "Speak up for them.", 10, "error", "Speak up for them"),
    ("do", "Give the quiet ones a voice.", 10, "error", "Give the quiet ones a voice"),
    ("do", "Rescue a colleague from a long talk.", 10, "error", "Rescue"),
    ("do", "Reply on their behalf.", 10, "warning", "on their behalf"),
    # 11
    ("why", "You must know this.", 11, "error", "You must"),
    ("why", "You’ve got to do better.", 11, "error", "You’ve got to"),
    ("why", "You cannot stay silent.", 11, "error", "You cannot stay silent"),
    ("why", "If you stay quiet, you are to blame.", 11, "error", "you are to blame"),
    ("do", "Ask or you are complicit.", 11, "error", "complicit"),
    ("why", "You owe it to them.", 11, "error", "You owe it to"),
    ("why", "Good people speak up.", 11, "warning", "Good people speak"),
    ("why", "Everyone is required to do this.", 11, "warning", "Everyone is required"),
    ("ask", "Why didn’t you speak up sooner?", 11, "error", "Why didn’t you"),
    ("why", "No one should have to ask twice.", 11, "warning", "should"),
    ("why", "Nobody should be left to guess.", 11, "warning", "should"),
    ("why", "You should be ashamed of it.", 11, "error", "You should"),
    ("why", "Nobody should be left out.", 11, "warning", "should"),
    ("why", "If you say nothing, you are part of the problem.", 11, "error", "you are part of the problem"),
    ("why", "You have to act now.", 11, "error", "You have to act"),
    ("why", "You need to hear this.", 11, "error", "You need to"),
    ("do", "Never interrupt.", 11, "error", "Never"),
    ("why", "There is no excuse for silence.", 11, "error", "no excuse"),
    ("why", "It shows what a good ally does.", 11, "error", "a good ally"),
    ("ask", "Where must you stand?", 11, "warning", "must you"),
    ("ask", "Do you know how you should speak?", 11, "warning", "should"),
    ("why", "It always helps.", 11, "warning", "always"),
    # 13
    ("do", "Sign the pledge.", 13, "error", "pledge"),
    ("do", "Wear a rainbow pin.", 13, "error", "Wear a rainbow pin"),
    ("do", "Show your support.", 13, "error", "Show your support"),
    ("do", "Share it on LinkedIn.", 13, "error", "Share it on LinkedIn"),
    ("do", "Sign the petition.", 13, "error", "Sign the petition"),
    ("do", "Put an ally sticker on your laptop.", 13, "error", "Put an ally sticker"),
    ("do", "Wear purple on Friday.", 13, "error", "Wear purple"),
    ("do", "Add a ribbon to your picture.", 13, "error", "Add a ribbon to your picture"),
    ("do", "Post the agenda early.", 13, "warning", "Post"),
    # 15
    ("do", "Call them out when it happens.", 15, "error", "Call them out"),
    ("do", "Correct your manager in front of the team.", 15, "error", "Correct your manager in front of"),
    ("do", "Ask the harasser to stop.", 15, "error", "Ask the harasser"),
    ("do", "Tell your boss in the meeting that she is wrong.", 15, "error", "Tell your boss in the meeting"),
    ("do", "Tell a colleague they are wrong.", 15, "warning", "Tell a colleague they are wrong"),
    ("do", "Confront bias when you see it.", 15, "warning", "Confront"),
    ("when", "When you see bullying", 15, "warning", "bullying"),
    # the format
    ("do", "Read *this* first.", 0, "error", "*this*"),
    ("do", "Read https://example.org first.", 0, "error", "https://example.org"),
    ("do", "Tell @here about it.", 0, "error", "@here"),
    ("when", "When you meet,", 0, "warning", ","),
    ("do", "Ask who is missing", 0, "warning", ""),
    ("do", "Ask who is missing!", 0, "warning", "!"),
    ("easier", "Ask one person", 0, "warning", ""),
]  # fmt: skip


@pytest.mark.parametrize(("field", "text", "rule", "level", "words"), BROKEN, ids=[one[1][:40] for one in BROKEN])
def test_a_broken_rule_is_found_at_its_words(field: str, text: str, rule: int, level: str, words: str) -> None:
    """The rule, how sure it is, the field, the very words, and where in the text they begin."""
    [found] = [one for one in on(field, text) if one.rule == rule]
    assert (found.field, found.level) in {(field, level), ("why", level)}
    assert words in found.message
    assert text[found.start :].startswith(words)


FINE_ALL_THE_SAME = [
    ("do", "Ask to cut one must-have from the list."),
    ("do", "Say, “I should be done by five.”"),
    ("do", "Ask, “What should we do first?”"),
    ("do", "Ask who should be in the room."),
    ("ask", "Which rule should the team drop?"),
    ("do", "Name someone who has never led a meeting."),
    ("when", "Around women’s day"),
    ("when", "In the week of International Women’s Day"),
    ("when", "During Black History Month"),
    ("do", "Write on the white board, in large letters."),
    ("do", "Read the name badge before you greet them."),
    ("do", "Cut one line of the job post."),
    ("ask", "What came out of it?"),
    ("why", "It came out as a list in the end."),
    ("do", "Point out someone’s good idea."),
    ("do", "Offer your seat to someone older."),
    ("do", "Ask about breaks, cover and support."),
    ("do", "Stop and ask who is missing."),
    ("do", "Ask it openly, and leave the rest to them."),
    ("do", "Say hello to a colleague, with time for the answer."),
    ("do", "Reply to one message that has met silence."),
    ("do", "Double-check the date with them."),
    ("do", "Bring two chairs closer."),
    ("do", "Ask a colleague what it’s good for."),
    ("why", "You need not say a word. It saves people time."),
    ("why", "Use what you have to hand."),
    ("why", "The poster says who can help with harassment."),
    ("do", "Share the support line with the new starters."),
    ("do", "Chat with someone you rarely see."),
    ("do", "Pick up the thread where it was dropped."),
    ("do", "Answer for yourself first."),
    ("do", "Talk for a minute less than usual."),
    ("when", "When someone is called out of the room"),
    ("do", "Ask your manager, your mentor or a friend."),
    ("do", "Correct yourself in one breath, and go on."),
    ("why", "It is never too late to change a habit."),
    ("do", "Share support contacts with your team."),
    ("do", "Show support for a colleague’s plan by asking about it."),
    ("do", "Wear your name badge where people can read it."),
    ("do", "See them as a person first."),
    ("do", "Read the list out loud, or call the names out loud."),
    ("do", "Bring one question, and ask it in front of the group."),
    ("do", "Save them a seat near the door."),
    ("do", "Ask whether the date clashes with a faith holiday."),
    ("when", "At 9:30:00 sharp"),
    ("do", "At the end of the call, name who fixed it."),
    ("do", "Tomorrow morning, greet the cleaner by name."),
    ("do", "Instead of a reply, ask a question."),
    ("do", "Check that people can sit, reach the desk and read the sign."),
    ("do", "Offer to lead the next one and take the notes."),
    ("do", "Go to the board, and read out the names of last week’s crew."),
    ("when", "When your access privileges come up for review"),
    ("do", "Check that the female changing room has a working lock."),
    ("do", "Ask HR to explain the salary bands."),
    ("do", "Ask about the salary range before the advert goes out."),
    ("do", "Ask your boss about the health and safety walk."),
    ("do", "Ask the supplier about their gender pay report."),
    ("do", "Ask HR how discrimination is reported here."),
    ("do", "Leave it to them whether they share their pronouns."),
    ("do", "Fix the form for people who use a screen reader."),
    ("do", "Sort the list for others to pick from."),
    ("do", "Handle the parcels for a colleague who asked."),
    ("do", "Notice when you answer for someone at the counter."),
    ("do", "Wait until they finish their sentence before you add yours."),
    ("when", "Before you jump in to help"),
    ("why", "They never get asked."),
    ("why", "A short note is never wasted."),
    ("why", "People know better what they need."),
    ("why", "Guilt helps nobody."),
    ("why", "There is no shame in asking twice."),
    ("why", "It is not your fault that the form is long, and one line less helps."),
    ("why", "The work that you need to see is often hidden."),
    ("do", "Name one rule that you must follow and one that you made up."),
    ("do", "Ask how you should say their name."),
    ("when", "When you need to pick who goes first, and time is short"),
    ("ask", "What would you never have heard otherwise?"),
    ("do", "Hand visitors a badge that shows the name they gave."),
    ("do", "Answer one question in #help that has waited a day."),
    ("do", "Call out each name slowly at the ceremony."),
    ("do", "Correct the typo in the sign in front of the lift."),
    ("do", "Challenge the date of the review in front of you."),
    ("do", "Correct yourself in front of the team when you get a date wrong."),
    ("why", "It avoids a confrontation later."),
    ("do", "Read the parental leave page as a new father would."),
    ("why", "The quiet ones have a voice. The turn makes it heard."),
    ("why", "A leader who never asks hears less."),
    ("why", "Those who have to stand all day feel it first."),
    ("ask", "What must stay?"),
    ("do", "Say “Let’s pause there”"),
]


@pytest.mark.parametrize(("field", "text"), FINE_ALL_THE_SAME, ids=[one[1][:40] for one in FINE_ALL_THE_SAME])
def test_what_only_looks_wrong_passes(field: str, text: str) -> None:
    """Curators stop reading a checker that scolds good words."""
    assert on(field, text) == []


@pytest.mark.parametrize(
    ("text", "settings", "level"),
    [
        ("Unmute to add your view.", {Setting.ANY}, "error"),
        ("Unmute to add your view.", {Setting.MEETING, Setting.FLOOR}, "error"),
        ("Unmute to add your view.", {Setting.MEETING}, ""),
        ("Send one email.", {Setting.FLOOR}, "error"),
        ("Reply in the thread.", {Setting.ANY}, "warning"),
        ("Reply in the thread.", {Setting.CHAT}, ""),
        ("Describe the slide.", {Setting.ANY}, "warning"),
        ("Look at the screen.", {Setting.FLOOR}, "warning"),
        ("Type it out.", {Setting.ANY}, "warning"),
        ("Reply in your next huddle or thread.", {Setting.FLOOR, Setting.CHAT}, ""),
        ("Let it slide once.", {Setting.ANY}, ""),
        ("Check the pull request.", {Setting.FLOOR}, "error"),
        ("Send a Slack message to one person.", {Setting.FLOOR}, "warning"),
        ("Comment on the document.", {Setting.FLOOR}, "warning"),
        ("Log in to the portal before you start.", {Setting.FLOOR}, "warning"),
        ("Ask what type of help fits.", {Setting.ANY}, ""),
    ],
)
def test_what_takes_a_desk_is_not_tagged_for_the_floor(text: str, settings: set[Setting], level: str) -> None:
    """Rule 14: words of calls and screens under `any` or `floor`, unless they are one of several ways."""
    assert [one.level for one in on("do", text, frozenset(settings)) if one.rule == 14] == ([level] if level else [])


def test_a_grade_above_eight_warns_and_above_ten_fails() -> None:
    """Rule 4, on the joined text; the longest words are named."""
    why = "Considering alternatives together improves complicated decisions."
    [found] = [one for one in on("why", why) if one.rule == 4]
    assert (found.level, found.field) == ("warning", "why")
    assert "alternatives" in found.mend
    grade = reading_grade("{when}: {do} {why} {ask}".format_map(FINE | {"why": why}))
    assert f"reads at grade {grade:.1f}; 8 is for everyone" in found.message
    assert 8 < grade <= 10


def test_a_question_has_rules_of_its_own() -> None:
    """No verb comes first in a question; what is asked of people counts all the same."""
    assert list(remarks_on_question({"ask": "Whose company do you enjoy at work?"})) == []
    assert [one.rule for one in remarks_on_question({"ask": "As a woman, what did you see?"})] == [6]
    assert [one.rule for one in remarks_on_question({"ask": "What should you have done?"})] == [11]


def test_a_repair_card_owns_up_and_asks_for_nothing() -> None:
    """A card may name the rescue or the call-out it mends, and say “I should have”; it never asks to be forgiven."""
    card = {
        "own": "You spoke for them, and it made them small.",
        "repair": "Give the turn back.",
        "change": "Ask before you help.",
        "say": "I should have asked. I called you out, and I take it back.",
    }
    assert list(remarks_on_repair(card)) == []
    assert [one.message for one in remarks_on_repair(card | {"say": "Please forgive me."})] == [
        "“forgive” asks to be forgiven"
    ]
    assert [one.rule for one in remarks_on_repair(card | {"own": "You should know better."})] == [11]


def test_the_grade_needs_no_warning_to_be_silenced() -> None:
    """Python with every warning an error measures a text all the same: what the library it uses says is kept in."""
    code = "from bot.nudges.wording.form import reading_grade; print(reading_grade('Ask who spoke last.'))"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert float(done.stdout) < 5


def test_no_text_takes_long() -> None:
    """A text made to send patterns round in circles is judged in a moment all the same."""
    for word in ("a ", "ask ", "as a ", "them, and ", "“", "ask their ", "post my ", "you have to ", "who is "):
        texts = dict.fromkeys(FINE, (word * 200)[:200])
        assert len(list(remarks(texts, MEETING))) < 200
