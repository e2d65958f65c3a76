"""How a nudge does not have its reader act (CONTENT.md, rules 10, 13 and 15). English only.

What is clear-cut is an error; what may be fine in its place is a warning, and says so. To see, wait or ask “before you
jump in and fix it” is no rescue, so most of these count only where something to do begins.
"""

from __future__ import annotations

from bot.nudges.wording.about_people import PERSON
from bot.nudges.wording.phrase import COMMAND, Phrase, phrase

_THEM = r"(?:them|her|him|someone|somebody|others|people|(?:an?|your|the) (?:colleague|team-?mate|co-?worker))"
_SOMEONE = rf"(?:{_THEM}|(?:an?|your|the) (?:\w+ )?{PERSON})"
_YOU_ARE_WRONG = r"(?:that )?(?:they|he|she)(?:'re|'s| is| are| was| were) (?:wrong|biased|racist|sexist)"
_THEIR = r"(?:their|his|her|someone's|people's|(?:an?|your|the) (?:colleague|team-?mate|co-?worker)'s)"
_MEEK = r"(?:quiet|silent|shy|weak|weaker|vulnerable|voiceless)"
_THEY_ASKED = r"asked|asks?|if they|want|agreed?"
_ACTIONS = ("do", "easier")
_ROOM = (
    r"(?:in public|publicly|in (?:the|a|your) meeting|in front of (?:others|people|everyone|everybody|them|colleagues|"
    r"customers|clients|(?:the|your|a) (?:whole )?(?:team|group|room|others|class|board|meeting|shift|crowd)))"
)
_HARMERS = r"(?:harassers?|bull(?:y|ies)|abusers?|perpetrators?|offenders?|attackers?)"
_CAUSE = r"(?:ally|allies|allyship|pride|rainbow|solidarity|support|equality|inclusion)"
_SIGN = r"(?:badges?|stickers?|pins?|ribbons?|lanyards?|flags?|wristbands?|t-?shirts?|frames?|filters?|emojis?)"
_COLOURS = r"(?:purple|pink|orange|red|blue|green|white|black|yellow|teal|rainbow)"
_SHOW = "makes a show"
_QUIETLY = "choose something that changes how work is done, seen or not"
_PRIVATELY = "choose a calm line, a word in private, or the way to speak up that your policy names"

ABOUT_ACTING: tuple[Phrase, ...] = (
    # 10: a partner, no saviour
    phrase(
        10,
        r"(?:step|jump|swoop|wade|rush) in (?:and|to) (?:fix|save|rescue|solve|sort|handle|help|speak|protect|defend)",
        rf"(?:fix|solve|settle) (?:it|this|that|things|everything|the \w+) for {_THEM}"
        r"(?! (?:to|who|that|with)\b)",
        rf"(?:fix|solve|sort out|settle|deal with) {_THEIR} (?:problem|issue|trouble|conflict|mess|mistake)s?",
        rf"finish {_THEIR} (?:sentence|thought|point|story)s?",
        rf"rescue {_THEM}|save (?:{_THEM}|the day)(?= from\b|[.,;!?]|$)",
        fault="rescues",
        mend="offer help, and let them choose",
        only=_ACTIONS,
        unless=_THEY_ASKED,
        right_after=COMMAND,
    ),
    phrase(
        10,
        rf"(?:speak|talk|answer|reply|decide) (?:up )?(?:for|on behalf of) (?:{_THEM}|those who|the {_MEEK})",
        rf"(?:protect|defend|save|shield|rescue) (?:the |your |our )?{_MEEK} (?:ones|people|{PERSON})",
        r"(?:be|become) (?:a|the|their) (?:voice|saviou?r|hero)|be their champion",
        fault="speaks for others, or from above",
        mend="make room for them to speak, or ask what they would like",
        only=_ACTIONS,
        unless=_THEY_ASKED,
        right_after=COMMAND,
    ),
    phrase(
        10,
        r"give (?:\w+ ){0,3}a voice|give voice to|voice (?:for|of|to) the voiceless|saviou?rs?",
        r"less fortunate|the vulnerable(?! \w)",
        fault="speaks for others, or from above",
        mend="make room for them to speak, or ask what they would like",
    ),
    phrase(
        10,
        r"on (?:their|his|her) behalf|on behalf of",
        rf"(?:handle|sort|deal with) (?:it|this|that|things) for {_THEM}",
        rf"(?:stand|stick) up for {_THEM}|(?:protect|defend) {_THEM}|take over for (?:them|him|her)",
        fault="may act over someone’s head",
        mend="say that they asked for it, or offer help and let them choose",
        level="warning",
    ),
    # 13: not performative
    phrase(
        13,
        r"pledg(?:e|es|ing)|hashtags?|selfies?|tweet(?:s|ing)?|rainbow \w+|sign (?:\w+ ){1,3}?petitions?",
        r"(?:wear|earn|win|collect|display) (?:an?|your) (?:(?!name\b|id\b|access\b|staff\b|visitor\b)\w+ )?"
        r"(?:badges?|ribbon|pin|wristband)",
        rf"{_CAUSE} {_SIGN}|wear (?:something )?{_COLOURS}(?=\W*$|[.,;!?]| (?:on|for|this|today|to|in)\b)",
        rf"(?:add|put|pin|stick) (?:\w+ ){{1,3}}?(?:{_SIGN}) (?:to|on|around|over) your (?:\w+ )?"
        r"(?:picture|photo|avatar|profile|signature|name|status|laptop)",
        r"(?:post|share|announce|write|say|put)\b[^.?!;]*? on (?:linkedin|instagram|facebook|twitter|tiktok|"
        r"social media)",
        r"(?:post|tweet|blog|express|declare|announce) (?:\w+ ){0,4}?(?:support|solidarity|allyship)",
        r"(?:show|share|shout|voice) (?:(?:your|our|some|public) )?(?:support|solidarity|allyship)"
        r"(?=\W*$|[.,;!?]| (?:in|on|online|publicly)\b)",
        r"statement of support|call yourself|(?:support|solidarity|allyship) (?:in|into|on|to) #\w+",
        r"(?:announce|tell everyone|tell people|say) (?:that )?you(?:'re| are) an ally",
        fault=_SHOW,
        mend=_QUIETLY,
    ),
    phrase(
        13,
        r"(?<!job )(?<!blog )(?<!new )(?<!vacant )post(?:s|ing|ed)?(?!-)|on your status|banners?|petitions?",
        fault="may make a show",
        mend="if it is about getting work done, say “put up”, “send” or “write”",
        only=_ACTIONS,
        level="warning",
    ),
    phrase(
        13,
        r"badges?|profile (?:picture|photo)|linkedin|instagram|facebook|twitter|tiktok|social media",
        fault="may make a show",
        mend="leave it if it is a tool of the work, such as a badge with a name",
        unless=r"names?|doors?|gate|visitors?|id|access|swipe|entry|reader|advert|job",
        level="warning",
    ),
    # 15: safe
    phrase(
        15,
        rf"confront {_SOMEONE}|humiliate|denounce|accuse|retaliate|name and shame|demand (?:an apology|that|they)",
        rf"(?:call|calling) (?:it|that|this|{_SOMEONE}) out(?! loud)",
        r"call out (?!loud\b|names?\b|numbers?\b|for\b|(?:the|each|every) (?:names?|numbers?|times?|next|order)\b)",
        r"tell (?:him|her|them|someone) off",
        rf"(?:challenge|correct|expose|criticise) {_SOMEONE}\b[^.?!;]{{0,30}}? {_ROOM}",
        rf"tell {_SOMEONE} {_ROOM} {_YOU_ARE_WRONG}",
        rf"(?:ask|tell|warn|face|approach|talk to|speak to|stop) (?:an?|the|your|their|this) {_HARMERS}",
        fault="can put people at risk",
        mend=_PRIVATELY,
        only=_ACTIONS,
        right_after=COMMAND,
    ),
    phrase(
        15,
        r"confront(?:s|ing)?(?! the (?:numbers|facts|figures)\b)|calling (?:\w+ )?out",
        r"humiliat(?:e|es|ing)|denounc(?:e|es|ing)|accus(?:e|es|ing)",
        rf"(?:challenge|correct|expose|criticise) (?!yourself|your own)[^.?!;]{{1,30}} {_ROOM}",
        rf"tell {_SOMEONE} {_YOU_ARE_WRONG}",
        fault="may put people at risk",
        mend=_PRIVATELY,
        not_after=r"(?:not|n't|never|without|(?:instead|in place) of|rather than|than|no) ",
        level="warning",
    ),
    phrase(
        15,
        r"harass(?:es|ed|ment)?|assault(?:s|ed)?|bully(?:ing)?|bullied|abus(?:e|es|ed|ive)|grop(?:e|ed|ing)|slurs?",
        r"threat(?:s|en|ens|ened)?",
        fault="is harm, and harm goes to the policy",
        mend="name the way to speak up, or choose a lighter moment",
        only=("do", "when", "easier"),
        unless=r"polic(?:y|ies)|report\w*|speak(?:ing)? up|raise|helpline|hr|support\w*",
        level="warning",
    ),
)
