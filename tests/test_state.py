"""Button tokens: short, plain, reversible; any string at all leads to a useful state; codes are never used again."""

from __future__ import annotations

import re

import pytest
from conftest import AFTERNOON
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue import LEAVE, State, decode, encode, screen
from bot.dialogue.model import SLOTS
from bot.words import codes, load_codes
from knowledge.yamlfile import FaultError

VALUES = {slot: sorted(v for s, v in codes().answers.values() if s == slot) for slot in SLOTS}
STATES = st.builds(
    lambda place, answers, item, page: State(place, {}, item, page).having(**answers),
    st.sampled_from(sorted(codes().places.values())),
    st.fixed_dictionaries({slot: st.sampled_from(["", *values]) for slot, values in VALUES.items()}),
    st.from_regex(r"[a-z0-9](-?[a-z0-9]){0,12}|", fullmatch=True),
    st.integers(0, 99),
)


@given(STATES)
def test_a_state_survives_its_token(state):
    token = encode(state)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", token)
    back = decode(token)
    assert (back.place, dict(back.answers), back.item, back.page) == (
        state.place, dict(state.answers), state.item, state.page)  # fmt: skip


@given(st.text(max_size=200))
def test_any_string_leads_to_a_screen(knowledge, token):
    state = decode(token)
    if state.place != LEAVE:
        assert screen(state, knowledge, AFTERNOON).choices


@given(STATES)
def test_any_state_draws_a_screen_whose_tokens_fit(knowledge, state):
    for row in screen(state, knowledge, AFTERNOON).choices:
        for choice in row:
            if choice.to:
                assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", encode(choice.to)), choice


def test_leave_is_its_own_token():
    assert encode(State(LEAVE)) == LEAVE
    assert decode(LEAVE) == State(LEAVE)


@pytest.mark.parametrize(
    ("yaml", "message"),
    [
        ("places: {a: x, b: x}\nanswers: {}\nretired: []\n", "bot/words/codes.yaml:1: code 'x' stands twice"),
        ("places: {a: x}\nanswers: {}\nretired: [x]\n", "bot/words/codes.yaml:1: code 'x' is retired"),
        ("places: {a: long}\nanswers: {}\nretired: []\n",
         "bot/words/codes.yaml:1: code 'long' must be one to three small letters"),
        ("places: {a: x}\nanswers: {}\nretird: []\n", "bot/words/codes.yaml:3: unknown key 'retird'"),
    ],
)  # fmt: skip
def test_a_broken_table_of_codes_is_refused(tmp_path, yaml, message):
    (tmp_path / "codes.yaml").write_text(yaml, encoding="utf-8")
    with pytest.raises(FaultError) as caught:
        load_codes(tmp_path)
    assert message in caught.value.lines
