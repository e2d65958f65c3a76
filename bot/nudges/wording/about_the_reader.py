"""How a nudge does not speak of its reader, nor to them (CONTENT.md, rules 6 and 11). English only.

What is clear-cut is an error; what may be fine in its place is a warning, and says so. What somebody says in
“quotation marks” may press. So may a plain fact about others: “No one has to ask twice” presses nobody.
"""

from __future__ import annotations

from bot.nudges.wording.about_people import GROUP, PERSON
from bot.nudges.wording.phrase import CLAUSE, Phrase, phrase

_KINDS = r"(?:man|woman|guy|bloke|lad|lady|father|mother|dad|mum|husband|wife|ally|male|female)"
_PRIVILEGE = (
    "".join(rf"(?<!{of} )" for of in ("access", "admin", "user", "account", "system", "editing", "parking", "member"))
    + r"privileges?"
)
_LEAVE_OUT = "speak to anyone: leave it out"
_PRESSES = "presses the reader"
_SUGGEST = "suggest: say what to try, and leave the choice"
_MUST = r"(?<!-)(?:should|must|shouldn't|mustn't|should've|ought)(?!-)"
_WEIGHED = r"(?:who|whom|whose|what|which|where|how|whether)"
# All but `when`, where “you need to” is how a moment is told.
_TOLD = ("do", "why", "ask", "easier", "own", "repair", "change", "say")

ABOUT_THE_READER: tuple[Phrase, ...] = (
    # 6: assumes nothing about the reader
    phrase(
        6,
        rf"as an? (?:\w+[ -])?{_KINDS}(?! (?:would|might|does)\b)",
        rf"as an? {GROUP}(?: {PERSON}|(?=[,.;!?]|$))",
        r"(?<![a-z,] )as an? (?:\w+ )?(?:parent|person)(?! (?:would|might|does)\b)",
        rf"being an? (?:\w+[ -])?(?:{_KINDS}|{GROUP} (?:man|woman|person))",
        r"as (?:men|women|allies|parents|someone with privilege)",
        rf"(?:us|we|you|fellow) (?:men|women|guys|ladies|allies|{GROUP} people)",
        rf"(?:if|since|because|when) you(?:'re| are) (?:an? )?(?:\w+ )?(?:man|woman|straight|able-bodied|ally|{GROUP})",
        r"you(?:'re| are)(?: (?:probably|likely|perhaps|almost certainly|not|an?|the|also))*"
        rf" (?:{GROUP}|straight|able-bodied|privileged)(?! to\b)",
        fault="says who the reader is",
        mend=_LEAVE_OUT,
    ),
    phrase(
        6,
        r"you(?:'ve| have) never (?:had to|been|faced|felt|experienced)",
        fault="says what the reader has lived through",
        mend=_LEAVE_OUT,
        right_after=CLAUSE,
    ),
    phrase(
        6,
        rf"(?:your|you (?:have|hold|enjoy|carry)) (?:\w+ )?{_PRIVILEGE}",
        r"your (?:wife|husband|girlfriend|boyfriend|gender|race|whiteness|masculinity|disability|religion)",
        r"your faith(?! in\b)",
        fault="assumes something about the reader",
        mend="speak to anyone: leave it out, or say “partner”, “habits” or “reach”",
    ),
    # 11: no shame, no control
    phrase(
        11,
        rf"you (?:\w+ly |all |also |still |just |always )?{_MUST}",
        r"you(?:'ve| have)? (?:\w+ly |just |always )?(?:got|need) to|you(?:'d| had) better",
        r"you have to (?!hand\b|offer\b|give\b|share\b|say\b|be\b)\w+",
        r"you(?:'re| are) (?:expected|required|obliged|supposed) to|it(?:'s| is) your (?:duty|job|responsibility)",
        r"you (?:can't|cannot) (?:afford|ignore|(?:stay|keep|remain) (?:silent|quiet)|look away|stand by)",
        r"you owe it to",
        fault=_PRESSES,
        mend=_SUGGEST,
        in_quotes=False,
        only=_TOLD,
        right_after=CLAUSE,
    ),
    phrase(
        11,
        r"never(?! (?:mind|too|before|again|having|being)\b)",
        fault=_PRESSES,
        mend=_SUGGEST,
        in_quotes=False,
        right_after=r"^|[.?!;:–—·] ?",
    ),
    phrase(11, r"(?:should|must) you (?:not )?have", fault=_PRESSES, mend=_SUGGEST, in_quotes=False),
    phrase(
        11,
        _MUST,
        r"you never(?! (?:know|have to|need)\b)|(?:you|we|everyone|everybody) (?:have|has) to be",
        r"(?:everyone|everybody|all of us) (?:is|are|has|have) (?:required|obliged|expected|got|to)\b",
        r"(?:good|decent|brave|kind) (?:people|leaders?|managers?|colleagues?) (?:always |never )?"
        r"(?:speaks?|acts?|asks?|stands?|steps?|do|does|don't|knows?|cares?|shares?|listens?)",
        fault="may press",
        mend="say what helps, or what happens; leave it if it presses nobody",
        in_quotes=False,
        # "Ask who should be there" weighs a question, and "a rule that you must follow" is no order.
        not_after=rf"(?:{_WEIGHED}|that) (?:(?!you\b)[\w'-]+ ){{0,3}}|"
        r"(?:that|which|whom|what|when|if|unless|before|while|until) you |"
        rf"(?:ask|check|learn|find out|look up)\b[^.?!;]* {_WEIGHED} you ",
        level="warning",
    ),
    phrase(
        11,
        r"shame on|shameful|be ashamed|your (?:shame|guilt|fault)|guilt-trip\w*",
        r"(?<!if )(?<!when )you(?:'re)? (?!need not|don't|are not)(?:\w+ ){0,2}?(?:ashamed|guilty)",
        r"you\b[^.?!;]{0,20} know(?:n)? better(?=\W*$|[.,;!?]| than (?:that|this|to)\b)|no excuses?|how dare",
        r"(?:you(?:'re| are)|be) (?:also |still |just )?(?:part of the problem|to blame)|complicit",
        r"the least you can do|silence is (?:violence|consent|complicity)",
        r"(?:stop|quit) being (?:so|such|an?)|don't be (?:a|an|so|that)|you (?:failed|are failing|always fail)",
        r"if you (?:really|truly) cared?|(?:real|true|good) allies|a (?:real|true|good) ally",
        r"why (?:didn't|haven't|weren't) you|why did you not",
        fault="shames the reader",
        mend="say what helps, with no verdict on the reader",
        not_after=r"(?:not|n't|never|nobody|no one|without|needs?|no need to) ",
    ),
    phrase(
        11,
        r"always|no matter what|(?:should|must) you",
        fault="may press",
        mend="a softer word may do, unless it only tells how often something happens",
        in_quotes=False,
        level="warning",
    ),
)
