"""From rules that fired to a Reading: which labels hold together, and which answers they give."""

from __future__ import annotations

from bot.understanding.engine import Findings
from bot.understanding.reading import SITUATIONS, Reading
from knowledge.model import AUDIENCES, NEEDS, Knowledge
from knowledge.places import Place

WHO_OF = {
    "abuse": "me", "worried-about-someone": "someone-else", "own-behaviour": "own-behaviour",
    "young-person": "young-person", "work": "work",
}  # fmt: skip
NEAR, HARM = "somebody-near", "adds-up"  # the names by which signs that add up are shown among the rules
COMMAND_FIRST = ("hide", "exit", "delete", "help", "restart", "back", "who")
WEAK_ORDERS = frozenset({"restart", "back", "help"})
DANGER = ("danger", "danger_scenes", "danger_others", "danger_near")
WHO_FIRST = ("young-person", "abuse", "work", "worried-about-someone", "own-behaviour")
ABOUT_ME = frozenset({
    "harm-now", "harm-just-now", "harm-recent", "harm-now-nonnative", "locked-in", "hiding", "choking-now", "chased",
    "car", "car-now", "cannot-breathe", "weapon-has", "kill-now", "doomed", "abuse-done", "abuse-control", "abuse-fear",
    "abuse-passive", "abuse-bare", "abuse-open", "harm-done", "harm-keeps", "deed-on-me",
})  # fmt: skip
FIRST_PERSON = frozenset({"me", "us", "my", "our", "myself", "i", "we"})
WRITER = frozenset({"me", "us", "i"})
SURELY_OWN = frozenset({"perp", "perp-on-the-edge", "armed-and-on-the-way", "own-feared"})
OF_ANOTHER = frozenset({"another-harmed-said", "own-done"})
OWN_DEEDS = SURELY_OWN | {"own-done"}
SELF_WORDS = frozenset({"me", "us", "myself", "ourselves"})
OWN_WORDS = frozenset({"i", "my", "me", "myself", "we", "people", "men", "those"})  # "a course for men who hit"
GRAVE = frozenset({"strangled", "threat-to-kill", "weapon-kept", "just-left", "veiled-threat", "broken-up-today"})
OFTEN_OTHERS = frozenset({
    "third-party", "weapon-has", "kill-now", "deed-on-other", "deed-in-progress", "deed-done", "breaking-in", "injured",
})  # fmt: skip
SURELY_BY_HIM = frozenset({"harm-now", "harm-just-now", "abuse-done", "abuse-control", "kill-now"})
NEARNESS = frozenset({
    "arrival", "arrival-near", "arrival-sound", "near-and-listening", "near-and-asking", "near-and-keeps-asking",
    "close-by-and-keeps-on", "order-and-near",
})  # fmt: skip
PASSING = frozenset({"tech-safety", "safety-plan", "worried-about-someone", "money", "housing"})
"""What "he is at the door, he wants my phone" is not about: somebody near makes the writer hide, no more is told."""
HURRIED = 15  # words: a longer message tells more than who comes
ANSWER = 4  # words: "i am deaf", "a gay man"
TOLD = frozenset({"need"})
BY_SOMEONE = frozenset({"stalking", "sexual-violence"})
OF_A_PARTNER = frozenset({"tech-safety", "money"})
CALMING = frozenset({"fiction", "idiom", "small-talk", "denied", "kindness", "animal", "negation"})
SOMEBODY_ELSE = frozenset({"he", "partner", "other-victim"})
BY_TONIGHT = frozenset({"housing", "safety-plan", "talk"})  # "today" beside these says when it is needed
ASKING = frozenset({
    "how", "can", "could", "what", "where", "is", "are", "do", "does", "should", "which", "who", "will", "would",
})  # fmt: skip


def about_me(findings: Findings) -> bool:
    """Whether a rule of harm found the writer as the one it is done to."""
    live = findings.live("danger", "danger_scenes", "situation")
    others = {(f.match.clause, f.match.start) for f in live if f.rule.name in OF_ANOTHER}
    for fired in live:
        match = fired.match
        words = findings.clauses[match.clause].words[match.start : match.end]
        another = (match.clause, match.start) in others and "my-body" not in findings.flags
        if another and not SELF_WORDS.intersection(words):
            continue  # "my uncle pushes my aunt", "my wife says i am controlling"
        if fired.rule.name in ABOUT_ME and FIRST_PERSON.intersection(words[1:]):
            return True
    return False


def ordering(findings: Findings) -> set[int]:
    """The statements that are orders from end to end: such words tell nothing.

    "I need to get out" may be an order to the bot or a plea, and is one only beside words that make it clear.
    """
    clear = findings.flags & {"clear-exit", "arriving"}
    return {
        f.match.clause
        for f in findings.live("commands")
        if f.rule.gives and (clear or f.rule.gives != ("exit",))
        and (f.match.start, f.match.end) == (0, len(findings.clauses[f.match.clause].words))
    }  # fmt: skip


def situations(findings: Findings) -> list[str]:
    """The situation labels of a message in a fixed order."""
    orders = ordering(findings)
    live = [f for f in findings.live(*DANGER, "situation") if f.rule.kind in DANGER or f.match.clause not in orders]
    if len(findings.clauses) > 1:  # "i am a nurse" is an answer, "i am a nurse and so tired" is talk
        live = [f for f in live if f.rule.name != "work-stated"]
    names = {f.rule.name for f in live}
    found = {label for f in live for label in f.rule.gives}
    _add_abuse(found, findings)
    if "suicide" in names and not names & SURELY_BY_HIM:
        found.discard("abuse")
    if "suicide" in names and "own-done" not in names and not findings.flags & SOMEBODY_ELSE:
        found.discard("own-behaviour")  # "i am going to do it" is done to nobody else
    mine = about_me(findings)
    _point_at_another(found, names, findings, mine)
    _settle_who(found, names, mine, "other-victim" in findings.flags)
    alarms = {f.rule.name for f in findings.live(*DANGER)}
    if alarms and alarms <= NEARNESS and sum(len(clause.words) for clause in findings.clauses) <= HURRIED:
        found -= PASSING if "work" not in found else set()
    return [label for label in SITUATIONS if label in found]


def _add_abuse(found: set[str], findings: Findings) -> None:
    """Puts "abuse" beside what a partner does by its nature, and takes it from what a stranger does."""
    flags = findings.flags
    words = {word for clause in findings.clauses for word in clause.words}
    him = bool(flags & {"partner", "he"})
    asked = any(clause.words[0] in ASKING for clause in findings.clauses)
    if found & OF_A_PARTNER and him and not asked:
        found.add("abuse")
    grave = any(f.rule.name in GRAVE for f in findings.live("high_risk"))
    if grave and him and not found & {"legal", "own-behaviour", "worried-about-someone"}:
        found.add("abuse")
    if found & BY_SOMEONE:
        if "partner" in flags or ("he" in flags and "stranger" not in flags):
            found.add("abuse")
        elif "stranger" in flags:
            found.discard("abuse")
    if not found and flags >= {"partner", "grim"} and words & WRITER and not findings.stops & CALMING:
        found.add("abuse")


def _point_at_another(found: set[str], names: set[str], findings: Findings, mine: bool) -> None:
    """Turns "abuse" into worry where it is her, not the writer, whom he harms ("he has put her through the door").

    And forgets the writer's own deed where somebody else is hurt and no word of that rule speaks of the writer ("got
    her by the throat" may be said by either).
    """
    words = {word for clause in findings.clauses for word in clause.words}
    told_of_me = mine or "my-body" in findings.flags or words & SELF_WORDS
    if "another-harmed" in findings.flags and "abuse" in found and not told_of_me:
        found.discard("abuse")
        found.add("worried-about-someone")
    if {"worried-about-someone", "own-behaviour"} <= found:
        own = [f.match for f in findings.live(*DANGER, "situation") if "own-behaviour" in f.rule.gives]
        if not any(m.start == 0 or OWN_WORDS & set(findings.clauses[m.clause].words[m.start : m.end]) for m in own):
            found.discard("own-behaviour")
            names -= OWN_DEEDS


def _settle_who(found: set[str], names: set[str], mine: bool, other: bool) -> None:
    """Of abuse, worry about another and own behaviour, keeps those that can be meant together."""
    if names & SURELY_OWN or ("own-done" in names and not mine):
        found -= {"abuse", "worried-about-someone"}
    else:
        found.discard("own-behaviour")
    if "abuse" in found and not mine and other and names & OFTEN_OTHERS:
        found.add("worried-about-someone")
    if "worried-about-someone" in found:
        if not mine:
            found.discard("abuse")
        elif "young-person" not in found:
            found.discard("worried-about-someone")


def answers(labels: list[str], audiences: list[str], flags: set[str]) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """The sure answers by slot (without the area), and the further ones as (slot, value)."""
    sure: dict[str, str] = {}
    more: list[tuple[str, str]] = []
    whos = [label for label in WHO_FIRST if label in labels]
    if whos:
        sure["who"] = WHO_OF[whos[0]]
    needs = [need for need in NEEDS if need in labels] or (["talk"] if "talk" in flags else [])
    for slot, values in (("need", needs), ("audience", audiences)):
        if values:
            sure[slot] = values[0]
            more += [(slot, value) for value in values[1:]]
    return sure, more


def group(place: Place | None, knowledge: Knowledge) -> str:
    """The area answer that a place gives: a group, an area where only that is known, a nation or "elsewhere"."""
    if place is None or place.kind in ("unknown", "ambiguous"):
        return ""
    if place.kind == "elsewhere":
        return place.nation or "elsewhere"
    return knowledge.areas.group_of.get(place.ids[0], place.ids[0])


def _groups(place: Place, knowledge: Knowledge) -> list[str]:
    return list(dict.fromkeys(knowledge.areas.group_of.get(i, i) for i in place.ids))


def audiences(findings: Findings, told: bool) -> list[str]:
    """The audience labels in a fixed order; where nothing is told of, only those that a short answer gives."""
    found = {label for f in findings.live("audience") for label in f.rule.gives}
    words = [word for clause in findings.clauses for word in clause.words]
    answer = len(words) <= ANSWER and (len(words) < ANSWER - 1 or words[0] in WRITER)
    if not (told or answer or findings.flags & TOLD):
        found &= {"man"}  # "is this only for women" asks whether the bot is for him
    return [label for label in AUDIENCES if label in found]


def command(findings: Findings, signs: set[str], told: bool) -> str:
    """The order to the bot, or ""; "goodbye" is none where somebody means to die.

    `told` says that the message tells something as well: "i hit my wife and i want to stop" ends no chat, where
    "stop, he is coming" does.
    """
    orders = {label for f in findings.live("commands") for label in f.rule.gives}
    if told:
        clear = "clear-exit" in findings.flags or "arrival" in signs
        orders -= WEAK_ORDERS if clear else WEAK_ORDERS | {"exit"}
    if "suicide" in signs:
        orders.discard("exit")
    return next((c for c in COMMAND_FIRST if c in orders), "")


def _adding_up(findings: Findings, labels: list[str]) -> str:
    """What signs that prove nothing alone make together: somebody near, harm, or ""."""
    if findings.somebody_near():
        return NEAR
    return HARM if "own-behaviour" not in labels and findings.adds_up() else ""


def reading(findings: Findings, place: Place | None, knowledge: Knowledge) -> Reading:
    """The whole verdict for one message in English."""
    danger, risky = findings.live(*DANGER), findings.live("high_risk")
    labels = situations(findings)
    who = audiences(findings, bool(danger or risky or labels))
    signs = {sign for f in danger + risky for sign in f.rule.signs}
    weighed = "" if danger else _adding_up(findings, labels)
    if weighed == NEAR:
        signs.add("arrival")
    told = bool(danger or labels or any(not f.rule.flag for f in risky))
    order = command(findings, signs, told)
    if order == "who" and not danger and not weighed:  # perhaps somebody else has the phone: no word of it is used
        return Reading(command=order, rules=("who",))
    high = any(not f.rule.flag for f in risky) or ("pregnant" in who and "abuse" in labels)
    sure, more = answers(labels, who, findings.flags)
    if area := group(place, knowledge):
        sure["area"] = area
    if place is not None and place.kind == "ambiguous":
        more = [("area", group) for group in _groups(place, knowledge)] + more
    if (high or ("today" in findings.flags and sure.get("need") in BY_TONIGHT)) and not danger and not weighed:
        sure["urgency"] = "today"
    used = danger + risky + findings.live("situation", "audience", "commands")
    names = [f.rule.name for f in used if f.rule.gives or not f.rule.flag or f.rule.kind in DANGER]
    return Reading(
        danger=bool(danger or weighed), high_risk=high, command=order, answers=sure, maybe=tuple(more[:3]),
        rules=tuple(dict.fromkeys(([weighed] if weighed else []) + names)), signs=frozenset(signs),
        situations=tuple(labels), audiences=tuple(who), place=place,
    )  # fmt: skip
