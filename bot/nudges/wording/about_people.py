"""What is not said of people, nor asked of them (CONTENT.md, rules 6 to 9). English only.

What is clear-cut is an error; what may be fine in its place is a warning, and says so.
"""

from __future__ import annotations

from bot.nudges.wording.phrase import Phrase, phrase

_GROUP = (
    r"(?:black|white|brown|asian|african|caribbean|hispanic|latin[oax]|arab|jewish|muslim|hindu|sikh|christian|"
    r"gay|lesbian|bisexual|queer|trans|transgender|non-?binary|lgbt\S*|disabled|blind|deaf|autistic|neurodivergent|"
    r"neurodiverse|dyslexic|female|male|ethnic|minority|minoriti[sz]ed|marginali[sz]ed|under-?represented|diverse|"
    r"immigrant|migrant|pregnant|bame|bipoc)"
)
_PERSON = (
    r"(?:colleagues?|team-?mates?|co-?workers?|workmates?|persons?|people|folks?|man|men|woman|women|guys?|girls?|"
    r"boys?|friends?|employees?|staff|(?:team )?members?|applicants?|candidates?|hires?|leaders?|managers?|boss(?:es)?|"
    r"engineers?|nurses?|speakers?|voices?|talent|customers?|clients?|students?)"
)
_BY_GROUP = rf"{_GROUP}(?:(?:,| and|, and)? {_GROUP})* {_PERSON}"
_PEOPLE = (
    r"(?:women|men|girls|boys|mothers|fathers|mums|dads|gays|lesbians|muslims|jews|christians|hindus|immigrants|"
    r"migrants|foreigners|introverts|extroverts|millennials|boomers|minorities|(?:young|old|older|younger) people)"
)
_KINDS = r"(?:man|woman|guy|bloke|lad|lady|father|mother|dad|mum|husband|wife|ally|male|female)"
_LIKE_IT = r"what (?:it is|it's|its|life is|life's|that is|that's) (?:really )?like"
_PRIVATE = (
    r"(?:identity|disability|diagnosis|health|illness|condition|pregnancy|sexuality|(?:sexual )?orientation|gender|"
    r"transition|religion|faith|ethnicity|race|heritage|nationality|immigration status|age|salary|trauma|struggles?|"
    r"oppression|discrimination|racism|sexism|homophobia|ableism)"
)
_ASKS = r"(?:ask|invite|get|have|let|encourage)\b[^.?!;]*?\b"

ABOUT_PEOPLE: tuple[Phrase, ...] = (
    # 6: assumes nothing about the reader
    phrase(
        6,
        rf"as an? (?:\w+[ -])?{_KINDS}",
        rf"as an? {_GROUP}",
        r"(?<![a-z,] )as an? (?:\w+ )?(?:parent|person)",
        rf"being an? (?:\w+[ -])?(?:{_KINDS}|{_GROUP} (?:man|woman|person))",
        r"as (?:men|women|allies|parents|someone with privilege)",
        rf"(?:us|we|you|fellow) (?:men|women|guys|ladies|allies|{_GROUP} people)",
        r"(?:if|since|because|when) you(?:'re| are) (?:an? )?(?:\w+ )?"
        rf"(?:man|woman|straight|able-bodied|ally|{_GROUP})",
        fault="says who the reader is",
        mend="speak to anyone: leave it out",
    ),
    phrase(
        6,
        r"your (?:\w+ )?privileges?",
        r"your (?:wife|husband|girlfriend|boyfriend|gender|race|whiteness|masculinity|disability|faith|religion)",
        fault="assumes something about the reader",
        mend="speak to anyone: leave it out, or say “partner”, “habits” or “reach”",
    ),
    # 7: no stereotype, no token
    phrase(
        7,
        _BY_GROUP,
        fault="picks people by group",
        mend="name what the person did or knows",
        only=("do", "when", "ask", "easier", "own", "repair", "change", "say"),
    ),
    phrase(
        7,
        _BY_GROUP,
        fault="speaks of people by group",
        mend="say what happens, to whomever it happens",
        only=("why",),
        level="warning",
    ),
    phrase(
        7,
        rf"{_GROUP} (?:authors?|writers?|artists?|film-?makers?|musicians?)",
        fault="picks people by group",
        mend="name what the work is about",
        level="warning",
    ),
    phrase(
        7,
        r"(?:people|person|women?|men|man|colleagues?|voices?) of colou?r",
        r"(?:people|person|women?|men|man|colleagues?) with (?:(?:a )?disabilit(?:y|ies)|autism|adhd)",
        r"(?:the|an?|one|only|token) (?:only )?(?:woman|man|girl|guy) (?:on|in|of|from|at) (?:the|your|a|this)",
        r"only (?:woman|man|girl|guy)|(?:someone|somebody|anyone) diverse",
        r"(?:ask|invite|put|pick|choose|find|hire|nominate|name) an? (?:woman|man|girl|guy)",
        rf"from an? {_GROUP}(?: \w+)? (?:background|group|community|culture)",
        fault="picks people by group",
        mend="name what the person did or knows",
    ),
    phrase(
        7,
        rf"(?:{_PEOPLE}|{_GROUP} people) (?:\w+ly )?(?:are|aren't|tend|often|usually|always|never|rarely|seldom|"
        r"naturally|need|want|like|prefer|have|can't|cannot|don't|feel|love|hate|struggle|get|bring|make|know|think|"
        r"speak|talk)",
        fault="says what a group is like",
        mend="groups are not all of a kind: say what happens, to whomever it happens",
    ),
    phrase(
        7,
        r"man up|like a girl|boys will be boys|grow a pair|(?:women's|men's) (?:work|intuition)",
        fault="is a stereotype",
        mend="leave it out",
    ),
    phrase(
        7,
        rf"{_PEOPLE}(?!')",
        r"chairman|manpower|man-hours?|mankind|salesman|businessm[ae]n|ladies|you guys",
        fault="speaks of people by group",
        mend="use a word that fits everyone, if the sense allows",
        in_quotes=False,
        level="warning",
    ),
    # 8: no emotional labour for others
    phrase(
        8,
        rf"{_ASKS}{_LIKE_IT} (?:to be|being|for (?:them|her|him|you|a|an))",
        rf"{_ASKS}{_LIKE_IT}(?=\W*$|[.?!”])",
        rf"{_ASKS}how (?:it|that) feels? (?:to be|being)",
        rf"{_ASKS}to educate",
        rf"{_ASKS}(?:about|to (?:explain|describe|share|talk about)) (?:their|his|her|the) (?:\w+ )?{_PRIVATE}",
        rf"{_ASKS}to (?:share|tell) (?:you |us |the team )?(?:their|his|her) (?:\w+ )?"
        r"(?:stor(?:y|ies)|journey|pain|trauma)",
        fault="asks people to explain their lives",
        mend="read or listen to what was already shared, or ask about the work",
    ),
    phrase(
        8,
        r"ask\b[^.?!;]*?\bto teach (?:you|us|me) about",
        rf"ask\b[^.?!;]*?\b{_LIKE_IT}(?=[ ,]+(?!to be\b|being\b|for\b))",
        fault="may ask people to explain their lives",
        mend="ask about the work, or look it up first",
        level="warning",
    ),
    # 9: no outing, no disclosure
    phrase(
        9,
        r"(?:shar(?:e|es|ing)|state|giv(?:e|ing)|add(?:ing)?|announce|declare|disclose|list|display|put|ask|offer|tell|"
        r"say|introduce)\b[^.?!;]{0,40}\bpronouns",
        fault="makes people disclose",
        mend="leave it to each person: what they offer, use",
    ),
    phrase(
        9,
        rf"(?:coming|comes?|came) out as (?:an? )?{_GROUP}",
        r"(?:coming|comes?|came) out to (?:them|you|him|her|the team|people|colleagues|everyone)",
        r"(?:^|to |not |n't )out (?:them|him|her|someone|somebody|yourself)",
        r"(?:ask|find out|guess|check)\b[^.?!;]{0,30}\b(?:if|whether) (?:they|he|she|someone|anyone)(?: is| are|'re|'s)"
        rf" (?:an? )?{_GROUP}",
        r"(?:ask|find out|guess|check)\b[^.?!;]{0,30}\b(?:if|whether) (?:they|he|she|someone|anyone) (?:has|have)"
        rf" (?:an? )?{_PRIVATE}",
        r"(?:disclose|reveal|open up about|confide) (?:your|their|his|her)",
        fault="outs people, or makes them disclose",
        mend="leave it to each person what they tell, when and to whom",
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
