"""What is not said of people, nor asked of them (CONTENT.md, rules 7 to 9). English only.

What is clear-cut is an error; what may be fine in its place is a warning, and says so.
"""

from __future__ import annotations

from bot.nudges.wording.phrase import Phrase, phrase

GROUP = (
    r"(?:black|white|brown|asian|african|caribbean|hispanic|latin[oax]|arab|jewish|muslim|hindu|sikh|christian|"
    r"gay|lesbian|bisexual|queer|trans|transgender|non-?binary|lgbt\S*|disabled|blind|deaf|autistic|neurodivergent|"
    r"neurodiverse|dyslexic|female|male|ethnic|minority|minoriti[sz]ed|marginali[sz]ed|under-?represented|diverse|"
    r"immigrant|migrant|pregnant|bame|bipoc)"
)
"""Words that sort people."""

PERSON = (
    r"(?:colleagues?|team-?mates?|co-?workers?|workmates?|persons?|people|folks?|man|men|woman|women|guys?|girls?|"
    r"boys?|friends?|employees?|staff|(?:team )?members?|applicants?|candidates?|hires?|leaders?|managers?|boss(?:es)?|"
    r"engineers?|nurses?|speakers?|voices?|talent|customers?|clients?|students?)"
)
"""Words for people at work."""

_BY_GROUP = (
    rf"{GROUP}(?:(?:,| and|, and)? {GROUP})* {PERSON}(?! (?:toilets?|changing|rooms?|lockers?|network|forum)\b)",
    r"(?:people|person|women?|men|man|colleagues?|voices?) of colou?r",
    r"(?:people|person|someone|somebody|women?|men|man|colleagues?) with (?:(?:a )?disabilit(?:y|ies)|autism|adhd)",
)
_PEOPLE = (
    r"(?:women|men|girls|boys|mothers|fathers|mums|dads|gays|lesbians|muslims|jews|christians|hindus|immigrants|"
    r"migrants|foreigners|asians|africans|arabs|whites|blacks|introverts|extroverts|millennials|boomers|minorities|"
    rf"(?:young|younger|older|elderly) {PERSON}|old people)"
)
_WAY_IN = r"(?:the|an?|one|some|any|more|other|two|your)"
_LIKE_IT = r"what (?:it is|it's|its|life is|life's|that is|that's) (?:really )?like"
_HARM = r"(?:racism|sexism|homophobia|transphobia|ableism|bias|prejudice|discrimination|exclusion|oppression)"
# A word for what is private, unless it only describes the next one: “their gender pay report”.
_PRIVATE = (
    rf"(?:identity|disability|diagnosis|health|illness|condition|pregnancy|sexuality|(?:sexual )?orientation|gender|"
    rf"transition(?! to| from)|religion|faith|ethnicity|race|heritage|nationality|immigration status|age|salary|"
    rf"trauma|struggles?|{_HARM})(?! and safety\b)(?! (?!(?:and|or|to|with|at|in|on|of|here|so|when|if|before|now|"
    r"today|while|as|for|first|too)\b)\w)"
)
_ASKS = r"(?:ask|invite|get|have|let|encourage)\b[^.?!;]*?\b"
_THEY = r"(?:they|he|she|someone|somebody|anyone|people|your \w+|a colleague)"
_STATE = rf"(?:an? )?(?:{GROUP}|ill|sick|off sick|unwell|depressed|in therapy)"
_DISCLOSES = "outs people, or makes them disclose"
_THEIRS = "leave it to each person what they tell, when and to whom"

ABOUT_PEOPLE: tuple[Phrase, ...] = (
    # 7: no stereotype, no token
    phrase(
        7,
        *_BY_GROUP,
        fault="picks people by group",
        mend="name what the person did or knows",
        only=("do", "when", "ask", "easier", "own", "repair", "change", "say"),
        # A work by them, or a way in for them, is no token; it is told below, more gently.
        not_after=rf"(?:by|about|for|so|that|which|helps?|lets?|if|where|whether|how|many) (?:{_WAY_IN} )?",
    ),
    phrase(
        7,
        *_BY_GROUP,
        rf"{GROUP} (?:authors?|writers?|artists?|film-?makers?|musicians?)",
        fault="speaks of people by group",
        mend="say what happens, to whomever it happens, or name what the work is about",
        level="warning",
    ),
    phrase(
        7,
        r"(?:an?|one|only|token) (?:only )?(?:woman|man|girl|guy) (?:on|in|of|from|at) (?:the|your|a|this)",
        r"only (?:woman|man|girl|guy)|(?:someone|somebody|anyone) diverse",
        r"(?:ask|invite|put|pick|choose|find|hire|nominate|name|add|include|bring|get|recruit|promote|seat) "
        r"(?:in )?(?:an?|one|another|more|two|some|at least one) (?:woman|man|women|men|girl|guy)",
        rf"from an? {GROUP}(?: \w+)? (?:background|group|community|culture)",
        fault="picks people by group",
        mend="name what the person did or knows",
    ),
    phrase(
        7,
        # What is done to people ("are often asked") is no claim of what they are like.
        rf"(?:{_PEOPLE}|{GROUP} people) (?!(?:are|get) (?:\w+ly |often |also |still |always )?"
        r"(?:welcome|\w+ed|paid|told|left|given|held|seen|heard|sent|kept|put)\b)(?:\w+ly )?"
        r"(?:are|aren't|tend|often|usually|always|never|rarely|seldom|"
        r"naturally|need|want|like|prefer|have|can't|cannot|don't|feel|love|hate|struggle|get|bring|make|know|think|"
        r"speak|talk)",
        fault="says what a group is like",
        mend="groups are not all of a kind: say what happens, to whomever it happens",
        not_after=r"(?:how many|whether|if|which|the|these|those) (?:\w+ and )?",
    ),
    phrase(
        7,
        r"man up|like a girl|boys will be boys|grow a pair|(?:women's|men's) (?:work|intuition)",
        fault="is a stereotype",
        mend="leave it out",
    ),
    phrase(
        7,
        rf"{_PEOPLE}(?!')|the (?:man|woman|girl|guy) (?:on|in|of|from|at) (?:the|your|a|this)",
        r"chairman|manpower|man-hours?|mankind|salesman|businessm[ae]n|ladies|you guys",
        r"(?:more|less) diverse|diverse (?:teams?|panels?|groups?|shortlists?|line-?ups?)",
        r"(?:ask|invite|pick|find)\b[^.?!;,]* (?:wheelchair|hearing aid|screen reader) users?",
        fault="speaks of people by group",
        mend="use a word that fits everyone, or say what is missing or needed, if the sense allows",
        in_quotes=False,
        level="warning",
    ),
    # 8: no emotional labour for others
    phrase(
        8,
        rf"{_ASKS}{GROUP} [^.?!;]*?\b{_LIKE_IT}",
        rf"{_ASKS}(?:{_LIKE_IT}|how (?:it|that) feels?) (?:to be|being|as) (?:an? |the |one of the )?"
        rf"(?:{GROUP}|only|different|woman|man|mother|father|foreigner)",
        rf"{_ASKS}to educate",
        rf"{_ASKS}(?:about|to (?:explain|describe|share|talk about)) (?:their|his|her) (?:\w+ )?{_PRIVATE}",
        rf"{_ASKS}experiences?(?: of| with)? (?:\w+ )?{_HARM}",
        rf"{_ASKS}(?:explain|describe) (?:\w+ ){{1,4}}?(?:hurts?|offen\w+|upset\w*|racist|sexist)",
        rf"{_ASKS}where {_THEY}(?:'re| are|'s| is| come| comes)? (?:really|originally)(?: come| comes)? from",
        rf"{_ASKS}to (?:share|tell) (?:you |us |the team )?(?:their|his|her) (?:own |personal |life |whole )?"
        r"(?:stor(?:y|ies)|journey(?! to| in| home)|pain|trauma)",
        fault="asks people to explain their lives",
        mend="read or listen to what was already shared, or ask about the work",
    ),
    phrase(
        8,
        r"ask\b[^.?!;]*?\bto teach (?:you|us|me) about",
        rf"{_ASKS}(?:{_LIKE_IT}|how (?:it|that) feels? (?:to be|being))",
        rf"ask\b[^.?!;]*? where {_THEY}(?:'re| are|'s| is| come| comes) from",
        fault="may ask people to explain their lives",
        mend="ask about the work, or look it up first",
        level="warning",
    ),
    # 9: no outing, no disclosure
    phrase(
        9,
        r"(?:shar(?:e|es|ing)|state|giv(?:e|ing)|add(?:ing)?|announce|declare|disclose|list|display|put|ask|offer|tell|"
        r"say|introduce|start|open|begin)\b[^.?!;]{0,40}(?<!use )(?<!use the )"
        r"\bpronouns(?! (?:they|someone|people|each)\b)",
        fault="makes people disclose",
        mend="leave it to each person: what they offer, use",
        unless=r"whether|whoever|nobody|no one|need not|free to|optional|if (?:they|you) (?:like|want|wish|choose)|"
        r"who (?:like|want|wish|choose)s?",
    ),
    phrase(
        9,
        rf"(?:coming|comes?|came) out as (?:an? )?{GROUP}",
        r"(?:^|to |not |n't )out (?:them|him|her|someone|somebody|yourself)",
        rf"(?:ask|find out|guess|check|tell|say|mention|announce)\b[^.?!;]{{0,30}}\b(?:(?:if|whether|that|why) {_THEY}|"
        rf"who(?: \w+){{0,3}}?)(?: is| are| was| were|'re|'s) {_STATE}",
        rf"(?:ask|find out|guess|check)\b[^.?!;]{{0,30}}\b(?:if|whether) {_THEY} (?:has|have) (?:an? )?{_PRIVATE}",
        rf"(?:disclose|open up about|confide|reveal) (?:your|their|his|her) (?:{_PRIVATE}|\w+ {_PRIVATE})",
        fault=_DISCLOSES,
        mend=_THEIRS,
    ),
    phrase(
        9,
        r"(?:coming|comes?|came) out to (?:them|you|him|her|the team|people|colleagues|everyone)",
        r"(?:disclose|open up about|confide) (?:your|their|his|her)",
        fault="may be about what is theirs to tell",
        mend=_THEIRS,
        level="warning",
    ),
    phrase(
        9,
        r"(?:ask|tell|share|talk|find out|mention)\b[^.?!;]{0,40}\b(?:their|his|her|someone's|a colleague's) "
        rf"(?:\w+ )?{_PRIVATE}",
        fault="touches what is theirs to tell",
        mend="ask about the work, or what would help",
    ),
    phrase(
        9,
        r"(?:your|their) (?:whole|full|true|authentic) sel(?:f|ves)",
        r"share something (?:personal|private|vulnerable)",
        r"get (?:more |too |a bit |really )?personal(?! \w)",
        fault="asks for more of people than their work needs",
        mend="leave it to each person how much they show",
    ),
)
