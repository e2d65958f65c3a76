"""The verbs that actions begin with: a plain list, for no part-of-speech tagger is kept up, small and sure.

A word that is missing here costs its curator one warning; adding it is the mend.
"""

from __future__ import annotations

VERBS = frozenset(
    """
    accept accompany accuse acknowledge act adapt add address adjust admire admit adopt advertise advise agree
    aim air alert align allocate allow alter alternate amplify announce answer anticipate apologise apologize
    apply appoint appreciate approach approve argue arrange ask assign assume attach attend audit avoid award
    back balance base be befriend begin benefit bid bin blend block blog boil bold book borrow bounce bow
    bracket break breathe brew bridge brief bring broaden browse budget build bundle buy buzz call cancel
    caption capture care carry catch caution celebrate centre chair challenge champion change chase chat check
    choose circle circulate clarify clean clear click close coach coin collect colour combine come commend
    comment commit compare compile complete compliment comply concede confess confide confirm confront congratulate
    connect consent consider consult contact continue contribute convene cook cool copy correct count cover
    create credit crop cross customise customize cut date debrief decide declare decline decolonise deepen
    defend defer define delay delegate delete deliver demand denounce describe design detail detect develop dial
    diarise dictate dig dim direct disagree disclose discover discuss display distribute divide do donate doodle
    double draft draw drive drop dust e-mail ease eat echo edit elevate eliminate email empower empty enable encourage
    end endorse enjoy enlist ensure enter equip escort establish estimate evaluate examine exchange excuse
    expand expect experiment explain explore express extend face facilitate fade fan favour feature feed ferry
    fetch figure file fill film filter find finish fit fix flag flatten flip fly focus fold follow forget forgive
    form forward free freshen fund gather gauge get gift give glance go google grant greet group grow guard
    guide halve hand handle hang have head hear help highlight hire hold honour host hover hum humiliate
    identify ignore illustrate imagine improve incentivise include increase inform insert insist inspect
    interrogate interview introduce investigate invite invoice involve join jot judge jump justify keep kick
    knock know label laminate land last laugh launch lay lead leaf lean learn leave lend lengthen let level
    leverage lift light like limit line link list listen loan locate lock log look loosen lower lunch mail make
    map mark match measure meet memorise memorize mend mention mentor merge message mime mind mirror mix model
    modify monitor mop move multiply mute nail name nap narrow negotiate net nod nominate note notice nudge
    number nurture observe offer omit open opt order organise organize outline overhear own pack page paint pair
    paraphrase park pass paste pause pay peek peel pencil perform phone photograph phrase pick picture pilot pin
    place plan plant play plead pledge plug point polish ponder pool pop portion post postpone pour practice
    practise praise prefer prepare present press prevent print prioritise prioritize probe problematise proceed
    process produce promise promote prompt pronounce proofread prop propose protect prove provide publish pull
    push put query question queue quit quote radio raise rank rate reach react read realise realize reallocate
    rearrange reason reassess reassign reassure recall recap receive recheck recirculate recognise recognize
    recommend reconsider record recount recruit recycle redistribute redo redraft reduce refer refill reflect reframe
    refresh refuse register rehearse reject relabel relax relay relearn release rely remain remember remind
    remove rename reopen reorder repair repeat rephrase replace replay reply report reprint request reread
    rescan reschedule rescue resend reserve reset resist resolve respect respond rest restart restate restock restore
    resume retaliate retell rethink retype return reuse reveal revert review revise revisit reward rewatch rewind
    reword rewrite ring rinse rise role-play roll root roster rotate round rule run sample sanitise save say
    scan schedule score scrap screen scribble scroll scrub search seat see seek select send separate serve set
    settle sew shadow shake shame shape share sharpen shelve shift shorten shout show shrink shuffle sign signal
    signpost simplify sing sit sketch skim skip slide slip slot slow smile snap soften solve sort sound space
    spare speak specify spell spend splice split sponsor spot spotlight spread spring squeeze stack stagger
    stand staple start state stay steady steer step stick stir stop store straighten stretch strike strip study
    submit subscribe subtitle suggest sum summarise summarize supply support suppose surface survey suspend swap
    sweep swing switch synchronise table tack tag tailor take talk tally tap tape teach tear tell test text
    thank think thread throw tick tidy tie tilt time tip title toast top trace track trade trail train
    transcribe transfer translate travel treat trial trim trust try tune turn tweet twist type unblock uncover
    understand undo unfold unlearn unlock unmute unpack unpick untangle update upgrade uplift use usher utilise
    value vary verify view visit visualise visualize voice voice-note volunteer vote vouch wait walk warm watch
    water wave wear weigh welcome wheel whisper whistle widen win wipe wish wonder word work wrap write yield
    zip zoom
    """.split()  # noqa: SIM905 — a list of words is read best as words
)
"""English verbs in the form that asks somebody to do something. Some break a rule of their own, such as "confront"."""

NOUNS_TOO = frozenset(
    """
    act address advise aim answer approach award back balance base benefit bid block book break brief budget
    call care catch chair challenge change chat check click coach comment contact copy count cover credit
    cross cut date delay design detail direct display double draft draw drop email end exchange experiment
    face feature file film filter fit flag focus form forward fund group guide hand head help highlight hire
    hold host interview invite judge jump kick label land last laugh lead lift light like limit line link
    list loan lock log look lunch mail map mark match measure mention mentor message mind mirror mix model
    monitor move name note notice number offer open order own pack page pair park pass pause pay pencil
    phone pick picture pilot pin place plan plant play plug point pool pop post practice praise present
    press print process promise prompt query question queue quote rank rate reach read record refer release
    repair reply report request rest return review reward ring rise round rule run sample scan schedule
    score screen search seat set shape share shift show sign signal sketch slip smile sort sound spare split
    sponsor spot spread spring stand start state stay step stick stop store stretch strike study support
    surface survey swap switch table tag talk tap test text thank thread tick tie time title toast track
    trade train transfer travel treat trial trim trust turn type update upgrade use value view visit voice
    vote wait walk warm watch wave welcome wish wonder word work
    """.split()  # noqa: SIM905
)
"""Those verbs that are just as often nouns or adjectives, so that "cover and support" need not be two actions."""

NO_VERBS = frozenset(
    """
    a about after all although an and another any anybody anyone as at because before being both but by can
    colleagues could during each either every everybody everyone few for from he her here his how i if in into
    it its let's managers many may me men might more most must my no nobody nothing of on one only or other
    others our people several shall she should since some somebody someone something sometimes teams that the
    their them there these they this those though to under until upon us was we what whatever when whenever
    where whether which while who whoever whose why will with without women would yes you your yourself
    """.split()  # noqa: SIM905
)
"""Words that an action never begins with."""

ADVERBS = frozenset(
    """
    again also always first instead just later maybe never next now often once perhaps please soon then today
    together tomorrow tonight too
    """.split()  # noqa: SIM905
)
"""Words that may stand before a verb, and then hide it."""
