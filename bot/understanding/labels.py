"""From rules that fired to a Reading: which labels hold together, and which answers they give."""

from __future__ import annotations

from bot.understanding.engine import Findings
from bot.understanding.reading import Reading
from knowledge.model import AUDIENCES, NEEDS, Knowledge
from knowledge.places import Place

WHO_OF = {
    "abuse": "me", "worried-about-someone": "someone-else", "own-behaviour": "own-behaviour",
    "young-person": "young-person", "work": "work",
}  # fmt: skip
ORDER = (
    "abuse", "worried-about-someone", "own-behaviour", "young-person", "sexual-violence", "forced-marriage",
    "stalking", "housing", "legal", "work", "safety-plan", "tech-safety", "children", "money",
)  # fmt: skip
DANGER = ("danger", "danger_scenes", "danger_others")
WHO_FIRST = ("young-person", "abuse", "work", "worried-about-someone", "own-behaviour")
ABOUT_ME = frozenset({
    "harm-now", "harm-just-now", "harm-recent", "harm-now-nonnative", "locked-in", "hiding", "choking-now", "chased",
    "car", "car-now", "cannot-breathe", "weapon-has", "kill-now", "doomed", "abuse-done", "abuse-control", "abuse-fear",
    "abuse-passive", "abuse-bare", "abuse-open", "harm-done", "harm-keeps", "deed-on-me",
})  # fmt: skip
FIRST_PERSON = frozenset({"me", "us", "my", "our", "myself", "i", "we"})
WRITER = frozenset({"me", "us", "i"})
GRAVE = frozenset({"strangled", "threat-to-kill", "weapon-kept", "just-left"})
OFTEN_OTHERS = frozenset({
    "third-party", "weapon-has", "kill-now", "deed-on-other", "deed-in-progress", "deed-done", "breaking-in", "injured",
})  # fmt: skip
BY_SOMEONE = frozenset({"stalking", "sexual-violence"})


OF_A_PARTNER = frozenset({"tech-safety", "money"})
CALMING = frozenset({"fiction", "idiom", "small-talk", "denied", "kindness", "animal", "negation"})
ASKING = frozenset({"how", "can", "could", "what", "where", "is", "are", "do", "does", "should", "which", "who", "will", "would"})


def asks(words: tuple[str, ...]) -> bool:
    """Whether a statement is a question of how or whether."""
    return words[0] in ASKING


def about_me(findings: Findings) -> bool:
    """Whether a rule of harm found the writer as the one it is done to."""
    for fired in findings.live("danger", "danger_scenes", "situation"):
        match = fired.match
        words = findings.clauses[match.clause].words[match.start : match.end]
        if fired.rule.name in ABOUT_ME and FIRST_PERSON.intersection(words[1:]):
            return True
    return False


def situations(findings: Findings) -> list[str]:
    """The situation labels of a message in a fixed order."""
    live = findings.live(*DANGER, "situation")
    names = {f.rule.name for f in live}
    found = {label for f in live for label in f.rule.gives}
    flags = findings.flags
    mine = about_me(findings)
    if found & OF_A_PARTNER and flags & {"partner", "he"} and not any(asks(c.words) for c in findings.clauses):
        found.add("abuse")
    words = {word for clause in findings.clauses for word in clause.words}
    grave = any(f.rule.name in GRAVE for f in findings.live("high_risk"))
    if grave and flags & {"partner", "he"} and words & WRITER and not found & {"legal", "own-behaviour"}:
        found.add("abuse")
    if found & BY_SOMEONE:
        if "partner" in flags or ("he" in flags and "stranger" not in flags):
            found.add("abuse")
        elif "stranger" in flags:
            found.discard("abuse")
    if not found and "partner" in flags and "grim" in flags and words & WRITER and not findings.stops & CALMING:
        found.add("abuse")
    if "suicide" in names and not names & {"harm-now", "harm-just-now", "abuse-done", "abuse-control", "kill-now"}:
        found.discard("abuse")
    if "perp" in names or ("own-done" in names and not mine):
        found -= {"abuse", "worried-about-someone"}
    elif "own-behaviour" in found:
        found.discard("own-behaviour")
    if "abuse" in found and not mine and "other-victim" in flags and names & OFTEN_OTHERS:
        found.add("worried-about-someone")
    if "worried-about-someone" in found:
        found.discard("abuse" if not mine else "worried-about-someone" if "young-person" not in found else "")
    return [label for label in ORDER if label in found]


def answers(labels: list[str], audiences: list[str], place: Place | None, urgent: bool, knowledge: Knowledge) -> tuple[
    dict[str, str], list[tuple[str, str]]
]:  # fmt: skip
    """The sure answers by slot, and the further ones as (slot, value)."""
    sure: dict[str, str] = {}
    more: list[tuple[str, str]] = []
    area = group(place, knowledge)
    if area:
        sure["area"] = area
    whos = [label for label in WHO_FIRST if label in labels]
    if whos:
        sure["who"] = WHO_OF[whos[0]]
    needs = [need for need in NEEDS if need in labels]
    if needs:
        sure["need"] = needs[0]
        more += [("need", need) for need in needs[1:]]
    if audiences:
        sure["audience"] = audiences[0]
        more += [("audience", audience) for audience in audiences[1:]]
    if urgent:
        sure["urgency"] = "today"
    if place is not None and place.kind == "ambiguous":
        more = [("area", g) for g in _groups(place, knowledge)] + more
    return sure, more[:3]


def group(place: Place | None, knowledge: Knowledge) -> str:
    """The area answer that a place gives: a group, an area where only that is known, a nation or "elsewhere"."""
    if place is None or place.kind in ("unknown", "ambiguous"):
        return ""
    if place.kind == "elsewhere":
        return place.nation or "elsewhere"
    return knowledge.areas.group_of.get(place.ids[0], place.ids[0])


def _groups(place: Place, knowledge: Knowledge) -> list[str]:
    return list(dict.fromkeys(knowledge.areas.group_of.get(i, i) for i in place.ids))


def audiences(findings: Findings, labels: list[str]) -> list[str]:
    """The audience labels in a fixed order."""
    found = {label for f in findings.live("audience") for label in f.rule.gives}
    return [label for label in AUDIENCES if label in found]


def reading(findings: Findings, place: Place | None, knowledge: Knowledge) -> Reading:
    """The whole verdict for one message in English."""
    danger = findings.live(*DANGER)
    commands = findings.live("commands")
    labels = situations(findings)
    risky = findings.live("high_risk")
    who = audiences(findings, labels)
    high = any(not f.rule.flag for f in risky) or ("pregnant" in who and "abuse" in labels)
    signs = {sign for f in danger for sign in f.rule.signs} | {sign for f in risky for sign in f.rule.signs}
    orders = [label for f in commands for label in f.rule.gives]
    if "suicide" in signs:
        orders = [label for label in orders if label != "exit"]  # "goodbye" is no order then
    command = next((c for c in ("hide", "exit", "delete", "restart", "back", "help", "who") if c in orders), "")
    weighed = not danger and "own-behaviour" not in labels and findings.adds_up()
    sure, more = answers(labels, who, place, high and not danger and not weighed, knowledge)
    used = danger + risky + findings.live("situation", "audience") + commands
    return Reading(
        danger=bool(danger) or weighed, high_risk=high, command=command, answers=sure, maybe=tuple(more),
        rules=(("adds-up",) if weighed else ())
        + tuple(dict.fromkeys(f.rule.name for f in used if not f.rule.flag or f in danger)), signs=frozenset(signs),
        situations=tuple(labels), audiences=tuple(who), place=place,
    )  # fmt: skip
