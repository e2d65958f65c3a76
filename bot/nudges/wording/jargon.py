"""Words that are not said over lunch, and what to say instead (CONTENT.md, rule 4). English only."""

from __future__ import annotations

from bot.nudges.wording.phrase import Phrase, phrase

_JARGON = {
    r"inequitabl[ey]": "unfair",
    r"equitabl[ey]": "fair",
    r"equity|inequit(?:y|ies)": "fairness, or what is unfair",
    r"interrogat(?:e|es|ing)": "look hard at",
    r"administrative burdens?": "paperwork, or boring jobs",
    r"intersectional(?:ity)?": "what you mean by it",
    r"micro-?aggressions?": "a small slight",
    r"(?:marginali|minoriti)[sz](?:ed|ation|e)": "left out",
    r"under-?represented": "missing, and say from what",
    r"(?:hetero|cis|neuro)-?normativ(?:e|ity)": "what is taken for granted",
    r"hegemon(?:y|ic)|positionality|praxis|paradigms?": "what you mean, in words said over lunch",
    r"problemati[sz]e|decoloni[sz]e|operationali[sz]e|ideate": "what to do, in words said over lunch",
    r"synerg(?:y|ies|i[sz]e)": "work together",
    r"learnings": "what you learned",
    r"actionable|deliverables?": "what can be done",
    r"touch base|circle back": "talk again",
    r"deep[- ]dive": "a close look",
    r"low-hanging fruit": "an easy start",
    r"move the needle": "make a difference",
    r"radical cando(?:u?)r": "saying it straight, and kindly",
    r"(?:safe|brave) spaces?": "a place where people can speak",
    r"hold space": "listen",
    r"(?:de-?)?centring|centre (?:the )?voices": "who speaks, and who listens",
    r"dei|edi|d&i|bipoc|bame|poc|aapi": "what the letters stand for",
}
_STIFF = {
    r"leverag(?:e|ing)|utili[sz](?:e|ing)": "use",
    r"facilitat(?:e|es|ing)": "help, or run",
    r"empower(?:s|ed|ing|ment)?": "what you give or share",
    r"stakeholders?": "the people it touches",
    r"bandwidth": "time",
    r"incentivi[sz]e": "reward",
    r"unconscious bias|implicit bias": "habit",
    r"lived experiences?": "what people have lived through",
    r"psychological safety": "feeling safe to speak",
    r"systemic(?:ally)?": "built into how things work",
    r"kpis?|okrs?": "goal",
    r"holistic(?:ally)?": "whole",
    r"inclusivity|inclusiveness|belonging(?! to\b)": "letting people in",
    r"(?:foster|cultivate|nurture) (?:\w+ ){0,3}?(?:cultures?|environments?|climates?|inclusion)": "what to do",
    r"inclusive (?:cultures?|environments?|workplaces?|climates?)": "a place where everyone can work",
    r"unpack (?:\w+ ){0,2}?(?:bias(?:es)?|assumptions?|feelings|privileges?)": "look at, or question",
    r"proactive(?:ly)?": "early",
}

JARGON: tuple[Phrase, ...] = (
    *(phrase(4, words, fault="is jargon", mend=f"say it plainly: {plain}") for words, plain in _JARGON.items()),
    *(
        phrase(4, words, fault="is stiff", mend=f"say it plainly: {plain}", level="warning")
        for words, plain in _STIFF.items()
    ),
)
