"""How a nudge does not have its reader act, and does not speak to them (CONTENT.md, rules 10 to 15). English only.

What is clear-cut is an error; what may be fine in its place is a warning, and says so. Rule 11 is about how Ally
speaks to its reader, so what somebody says in “quotation marks” may press.
"""

from __future__ import annotations

from bot.nudges.wording.phrase import Phrase, phrase

_THEM = r"(?:them|her|him|someone|somebody|others|people|(?:an?|your|the) (?:colleague|team-?mate|co-?worker))"
_PRESSES = "presses the reader"
_SUGGEST = "suggest: say what to try, and leave the choice"
_SHOW = "makes a show"
_QUIETLY = "choose something that changes how work is done, seen or not"

ABOUT_ACTING: tuple[Phrase, ...] = (
    # 10: a partner, no saviour
    phrase(
        10,
        r"(?:step|jump|swoop|wade|rush) in (?:and|to) (?:fix|save|rescue|solve|sort|handle|help|speak|protect|defend)",
        rf"(?:fix|solve|sort|handle|settle|deal with)(?: \w+){{1,3}}? for {_THEM}",
        rf"rescu(?:e|es|ing)|save (?:{_THEM}|the day)(?= from\b|[.,;!?]|$)",
        fault="rescues",
        mend="offer help, and let them choose",
    ),
    phrase(
        10,
        rf"(?:speak|talk|answer) (?:up )?for {_THEM}",
        r"(?:be|become) (?:a|the|their) (?:voice|saviou?r|hero|champion)|saviou?rs?",
        r"give (?:\w+ ){0,3}a voice|give voice to|voice (?:for|of|to) the voiceless",
        r"less fortunate|the vulnerable(?! \w)",
        fault="speaks for others, or from above",
        mend="make room for them to speak, or ask what they would like",
    ),
    phrase(
        10,
        r"on (?:their|his|her) behalf",
        rf"(?:stand|stick) up for {_THEM}|(?:protect|defend) {_THEM}",
        fault="may act over someone’s head",
        mend="say that they asked for it, or offer help and let them choose",
        level="warning",
    ),
    # 11: no shame, no control
    phrase(
        11,
        r"(?<!-)(?:should|must)(?!-have)|shouldn't|mustn't|should've|ought",
        fault=_PRESSES,
        mend=_SUGGEST,
        in_quotes=False,
        # "Ask who should be there" weighs a question; "how you should speak" presses after all.
        not_after=r"(?:who|whom|whose|what|which|where|how|whether) (?:(?!you\b)[\w'-]+ ){0,3}",
    ),
    phrase(
        11,
        r"(?:should|must) you",
        r"(?<!has )(?<!have )(?<!had )(?<!'ve )never(?! too\b)",
        r"you (?:really |always |just )?(?:need to|have got to|'ve got to)",
        r"you have to (?!hand\b|offer\b|give\b|share\b|say\b)\w+",
        r"you(?:'re| are) (?:expected|required|obliged|supposed) to",
        r"it is your (?:duty|job|responsibility)",
        fault=_PRESSES,
        mend=_SUGGEST,
        in_quotes=False,
    ),
    phrase(
        11,
        r"(?<!a )shame(?:ful|d)?|ashamed|guilt(?:y)?|know(?:n)? better|no excuses?|how dare|your fault",
        r"the least you can do|part of the problem|silence is (?:violence|consent|complicity|complicit)",
        r"(?:stop|quit) being|don't be (?:a|an|so|that)|you (?:failed|are failing|always fail)",
        r"if you (?:really|truly) cared?|(?:real|true|good) allies|a (?:real|true|good) ally",
        fault="shames the reader",
        mend="say what helps, with no verdict on the reader",
    ),
    phrase(
        11,
        r"always|no matter what",
        fault="may press",
        mend="a softer word may do, unless it only tells how often something happens",
        in_quotes=False,
        level="warning",
    ),
    # 13: not performative
    phrase(
        13,
        r"pledg(?:e|es|ing)|hashtags?|#\w+|selfies?|profile (?:picture|photo)|tweet(?:s|ing)?|rainbow \w+",
        r"(?<!name )(?<!id )(?<!access )(?<!entry )(?<!staff )(?<!visitor )(?<!swipe )(?<!door )badges?(?! reader)",
        r"wear (?:a|the|your) (?:\w+ )?(?:ribbon|pin|lanyard|wristband|t-?shirt)",
        r"linkedin|instagram|facebook|twitter|tiktok|social media",
        fault=_SHOW,
        mend=_QUIETLY,
    ),
    phrase(
        13,
        r"(?:post|tweet|blog|express|declare|announce) (?:\w+ ){0,4}?(?:support|solidarity|allyship)",
        r"(?:show|share|shout|voice) (?:(?:your|our|some|public) )?(?:support|solidarity|allyship)"
        r"(?=\W*$|[.,;!?]| (?:in|on|online|publicly)\b)",
        r"statement of support|call yourself",
        r"(?:announce|tell everyone|tell people|say) (?:that )?you(?:'re| are) an ally",
        fault=_SHOW,
        mend=_QUIETLY,
    ),
    phrase(
        13,
        r"(?<!job )(?<!blog )(?<!new )(?<!vacant )post(?:s|ing|ed)?(?!-)|on your status|banners?",
        fault="may make a show",
        mend="if it is about getting work done, say “put up”, “send” or “write”",
        only=("do", "easier"),
        level="warning",
    ),
    # 15: safe
    phrase(
        15,
        r"confront(?:s|ing|ation)?|call(?:ing)? (?:\w+ ){0,2}out(?! loud)|tell(?:ing)? (?:him|her|them|someone) off",
        r"humiliat(?:e|ing)|denounc(?:e|ing)|accus(?:e|ing)",
        r"(?:challenge|correct|expose|criticise)\b[^.?!;]{0,30}\b(?:in public|publicly|in front of)",
        r"nam(?:e|ing) and sham(?:e|ing)|retaliat(?:e|ing)|demand(?:s|ing)? (?:an apology|that|they)",
        fault="can put people at risk",
        mend="choose a calm line, a word in private, or the way to speak up that your policy names",
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
