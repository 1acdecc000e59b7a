"""States as button tokens and back: at most 64 letters, digits, `-` and `_`; any string leads to a useful state.

A token reads `place_answers_item_page`, e.g. `se_sot-me-hg-ut_new-era`. The codes stand in `bot/words/codes.yaml`.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from bot.dialogue.model import LEAVE, State, answered
from bot.words import codes

MAX_TOKEN = 64
MAX_PAGE = 99
_ITEM = re.compile(r"[a-z0-9-]{0,40}")


@cache
def _place_codes() -> dict[str, str]:
    return {name: code for code, name in codes().places.items()}


@cache
def _answer_codes() -> dict[tuple[str, str], str]:
    return {answer: code for code, answer in codes().answers.items()}


def code(slot: str, value: str) -> str:
    """The code of an answer. Raises KeyError for an unknown one."""
    return _answer_codes()[slot, value]


def encode(state: State) -> str:
    """The token of a state; its places and answers must be known (KeyError otherwise)."""
    if state.place == LEAVE:
        return LEAVE
    known = _answer_codes()
    answers = "-".join([known[answer] for answer in state.answers.items()])
    token = f"{_place_codes()[state.place]}_{answers}_{state.item}"
    return f"{token}_{state.page}" if state.page else token.rstrip("_")


@lru_cache(maxsize=512)
def decode(token: str) -> State:
    """The state of a token. Total: what is not understood is left out, an unknown place is the start."""
    if token == LEAVE:
        return State(LEAVE)
    place, answers, item, page = [*token[: 2 * MAX_TOKEN].split("_"), "", "", ""][:4]
    known = codes()
    return State(
        place=known.places.get(place, "start"),
        answers=answered(dict([known.answers[part] for part in answers.split("-") if part in known.answers])),
        item=item if _ITEM.fullmatch(item) else "",
        page=min(int(page), MAX_PAGE) if page.isascii() and page.isdigit() else 0,
    )
