"""What the code asks of the words: the keys that it looks up, and the names in braces that it fills in.

One place for all of it, so that a words file can be held against it: a new line of `texts.yaml` gets its key here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from knowledge.model import AUDIENCES, NEEDS, URGENCIES, WHO

# Labels of buttons, and of commands, which an onlooker may read.
_LABELS = """
    back close skip not_sure more copy no_answer next_line every_line things_to_know change show_numbers who_answers
    step_by_step phone_safe about_close about_chat about_privacy without_speaking ask_area ask_who ask_need ask_audience
    ask_urgency also_need none_of_these anywhere start_again open_hide open_machine change_area change_who change_need
    change_audience change_urgency chosen command_start command_stop
"""
_PLAIN = """
    start start_where trial straight_title straight results_title results_title_own every_title anyone own_whom
    whom_man whom_lgbt whom_ethnic-minority whom_older whom_disabled whom_pregnant price_free price_normal price_text
    price_extra hours_24_confirmed hours_none hours_uncertain hours_holiday listed_bare may_change traces hidden_calls
    next_title next_intro next_end_title next_end change_title change_hint topic_england topics_title topics
    topic_empty leaving_danger phone_sudden serious_title serious serious_strangled serious_pregnant about_title about
    privacy_title privacy closing_title closing removed not_removed hint_title hint wide_title maybe_title maybe_area
    maybe hide machine plain cover opening type_stop terminal_hint bot_description bot_short_description
"""
_FILLED = {
    "copy": "number", "also_need": "label", "chosen": "label", "start_here": "area", "results_title_area": "area",
    "covers": "whom area", "covers_all": "whom", "whom_child": "age", "hours_open_confirmed": "time",
    "hours_closed_confirmed": "time", "hours_24": "listed", "hours_open": "listed time", "hours_closed": "listed time",
    "listed_on": "when", "tomorrow": "time", "on_day": "day time", "listed": "sources", "at_line": "part lines",
    "at_lines": "part lines", "any_hour": "name phone", "any_hour_listening": "name phone", "text_number": "number",
    "email_line": "value", "web_line": "value", "chat_line": "value", "app_line": "value", "topic": "sources",
    "echo": "name area", "echo_bare": "name", "wide": "human",
}  # fmt: skip


def _names(plain: str, filled: Mapping[str, str]) -> Mapping[str, frozenset[str]]:
    return MappingProxyType({key: frozenset(filled.get(key, "").split()) for key in [*plain.split(), *filled]})


LABELS = frozenset(_LABELS.split())
# Key -> the names in braces that its text must have.
TEXTS = _names(_LABELS + _PLAIN, _FILLED)
EMERGENCY = _names(
    "verified_on lead title steps without_speaking_title without_speaking own_harm third_party",
    {"suicide": "phone", "language": "language"},
)

# The place that asks a question -> the slot that its answers fill, and the names in its text.
QUESTIONS: Mapping[str, tuple[str, frozenset[str]]] = MappingProxyType({
    "area": ("area", frozenset()), "group": ("area", frozenset({"area"})), "nation": ("area", frozenset()),
    "who": ("who", frozenset()), "afraid": ("who", frozenset()), "need": ("need", frozenset()),
    "more-needs": ("need", frozenset()), "audience": ("audience", frozenset()), "urgency": ("urgency", frozenset()),
})  # fmt: skip
# Slot -> the answers that need a button and a code; those of areas stand in the sheets.
ANSWERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"area": ("elsewhere",), "who": WHO, "need": NEEDS, "audience": AUDIENCES, "urgency": URGENCIES}
)
TOPICS = ("safety-plan", "phone-safety")  # pages that a button of ours leads to
PLACES = (
    "start", "straight", *QUESTIONS, "results", "every-line", "service", "next", "change", "topics", "topic",
    "emergency", "without-speaking", "serious", "about", "privacy", "closing", "hint", "maybe", "hide", "machine",
)  # fmt: skip
