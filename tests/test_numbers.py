"""Telephone numbers: compared by E.164, shown in one form, priced by their range."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.numbers import normalise, price, shown

SAME = [
    ("0808 2000 247", "0808 200 0247"),
    ("0808 802 4040", "0808 8024040"),
    ("0300 111 1247", "0300 11 11 247"),
    ("02476 444 077", "024 7644 4077"),
    ("08000 194 400", "+44 800 019 4400"),
    ("116 123", "116123"),
    ("5 5", "55"),
]
FORMS = [
    ("0808 2000 247", "+448082000247", "0808 2000 247", "free"),
    ("08 088 088 088", "+448088088088", "08 088 088 088", "free"),
    ("0800 1111", "08001111", "0800 1111", "free"),
    ("116 123", "116123", "116 123", "free"),
    ("999", "999", "999", "free"),
    ("101", "101", "101", "free"),
    ("18000", "18000", "18000", "free"),
    ("18001 101", "18001101", "18001 101", "free"),
    ("0300 0115 555", "+443000115555", "0300 011 5555", "normal"),
    ("01922 649569", "+441922649569", "01922 649569", "normal"),
    ("024 7683 3003", "+442476833003", "024 7683 3003", "normal"),
    ("020 7008 0151", "+442070080151", "020 7008 0151", "normal"),
    ("07781 474 722", "+447781474722", "07781 474722", "text"),
    ("0845 122 8609", "+448451228609", "0845 122 8609", "extra"),
    ("0871 231 4444", "+448712314444", "0871 231 4444", "extra"),
    ("0909 879 0123", "+449098790123", "0909 879 0123", "extra"),
    ("070 1234 5678", "+447012345678", "070 1234 5678", "extra"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_another_grouping_is_the_same_number(one: str, other: str) -> None:
    assert normalise(one) == normalise(other)


@pytest.mark.parametrize(("printed", "normalised", "form", "cost"), FORMS)
def test_each_number_has_one_form_and_a_price(printed: str, normalised: str, form: str, cost: str) -> None:
    assert (normalise(printed), shown(normalised), price(normalised)) == (normalised, form, cost)


@pytest.mark.parametrize(
    "printed",
    ["", "/4806", "2019", "090420", "1196", "10- 12", "0300 123 7047, option 2", "0800", "+33 1 23 45 67 89", "call"],
)  # fmt: skip
def test_what_is_no_number_of_this_country_is_refused(printed: str) -> None:
    with pytest.raises(ValueError, match="is not a"):
        normalise(printed)


def test_a_lookalike_prefix_is_another_number() -> None:
    assert normalise("0800 2000 247") != normalise("0808 2000 247")


@given(st.sampled_from([f[1] for f in FORMS]))
def test_the_form_that_is_shown_leads_back_to_the_number(normalised: str) -> None:
    assert normalise(shown(normalised)) == normalised


@given(st.text("0123456789 +-().x", max_size=16))
def test_any_text_is_a_number_or_refused(text: str) -> None:
    try:
        found = normalise(text)
    except ValueError:
        return
    assert normalise(shown(found)) == found
    assert price(found) in ("free", "normal", "text", "extra")
