"""The promises, held on every screen that can be reached: walked at four times of day and year."""

from __future__ import annotations

import re
from collections.abc import Iterator

import phonenumbers
import pytest
from conftest import TIMES

from bot.dialogue import LEAVE
from bot.dialogue.state import encode
from bot.dialogue.walk import Seen, walk
from bot.words import words

HIDDEN = {"hide", "machine"}
QUESTIONS = {"area", "group", "nation", "who", "afraid", "need", "more-needs", "audience", "urgency", "change"}
LISTS = {"results", "straight", "next"}
ANSWERS = LISTS | {"service", "topic", "topics", "serious"}
INDISCREET = re.compile(
    r"abuse|violence|violent|police|victim|refuge|rape|assault|perpetrator|\bhit\b|hurt|danger", re.IGNORECASE
)
ALWAYS = {  # a person at any hour: national line, Childline, Samaritans, and each nation's own
    "+448082000247", "08001111", "116123", "+448088010800", "+448000271234", "+448088021414",
}  # fmt: skip
NUMBER = re.compile(r"(?<![\w.])(?:0\d[\d ]{7,13}\d|116 123|0800 1111)(?!\w)")


@pytest.fixture(scope="module", params=TIMES.values(), ids=TIMES.keys())
def led(request, knowledge) -> list[tuple[Seen, dict[str, str]]]:
    return list(walk(knowledge, request.param))


@pytest.fixture
def walked(led) -> list[Seen]:
    return [seen for seen, _ in led]


def only(walked: list[Seen], *places: str) -> Iterator[Seen]:
    found = [s for s in walked if s.screen.place in places]
    assert found, places
    return iter(found)


def below_lead(seen: Seen) -> str:
    return seen.screen.text.removeprefix(seen.screen.lead).strip()


def choices(seen: Seen):
    return [choice for row in seen.screen.choices for choice in row]


def test_the_lead_comes_first_everywhere(walked):
    lead = words().emergency["lead"]
    for seen in walked:
        if seen.screen.place in HIDDEN:
            assert seen.screen.lead == ""
        else:
            assert seen.screen.text.startswith(lead + "\n"), seen.token


def test_the_fixed_row_stands_last_everywhere(walked):
    for seen in walked:
        if seen.screen.place in HIDDEN:
            assert len(choices(seen)) == 1
            continue
        back, emergency, close = seen.screen.choices[-1]
        assert (back.label, emergency.label, close.label) == ("Back", "999", "Close")
        assert emergency.to.place == "emergency"
        assert close.to.place == LEAVE
        assert encode(close.to) == "leave"


def test_buttons_are_few_short_discreet_and_carry_a_token(walked):
    for seen in walked:
        found = choices(seen)
        assert len(found) <= 11 + 3, seen.token
        labels = [c.label for c in found]
        assert len(set(labels)) == len(labels), (seen.token, labels)
        for choice in found:
            assert 1 <= len(choice.label) <= 24, choice.label
            assert not INDISCREET.search(choice.label), choice.label
            assert sum(map(bool, (choice.to, choice.url, choice.copy))) == 1
            if choice.to:
                assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", encode(choice.to))


def test_screens_keep_to_their_length(walked):
    for seen in walked:
        place = seen.screen.place
        room = 250 if place in QUESTIONS else 650 if place in LISTS else 900
        assert len(below_lead(seen)) <= room, (seen.token, len(below_lead(seen)))


def test_every_number_on_a_screen_is_reported_and_known(walked, knowledge):
    contacts = [c for s in knowledge.services.values() if s.status != "hold" for c in s.shown_contacts]
    known = {c.normalised for c in contacts if c.sources}
    for seen in walked:
        assert set(seen.screen.phones) <= known, seen.token
        shown = {c.shown for c in contacts if c.normalised in seen.screen.phones}
        for number in NUMBER.findall(seen.screen.text):
            assert any(number in s for s in shown), (seen.token, number)
        for choice in choices(seen):
            assert not choice.copy or choice.copy in shown


def test_no_number_that_must_not_be_shown(walked):
    barred = ["0808 800 0340", "0845 122 8609", "0808 802 9999", "0121 626 5442", "4806/", "/4806", "dutytorefer",
              "digital.team", "j.scott"]  # fmt: skip
    for seen in walked:
        for value in barred:
            assert value not in seen.screen.text, (seen.token, value)


def test_every_answer_has_a_person_at_this_hour(walked):
    for seen in only(walked, *ANSWERS):
        assert ALWAYS & set(seen.screen.phones), seen.token


def test_who_listed_it_and_when_stands_with_every_number(walked):
    for seen in only(walked, *LISTS, "service"):
        if seen.screen.services:
            assert "Listed by" in seen.screen.text, seen.token


def test_own_behaviour_is_kept_apart(walked, knowledge):
    own = {i for i, s in knowledge.services.items() if "own-behaviour" in s.who}
    alone = {i for i, s in knowledge.services.items() if set(s.who) == {"own-behaviour"}}
    names = [n for i, n in knowledge.areas.names.items() if i not in ("halton", "derby")]
    for seen in walked:
        if seen.state.answers.get("who") == "own-behaviour" and seen.screen.place not in QUESTIONS:
            assert set(seen.screen.services) <= own, seen.token
            assert "+448082000247" not in seen.screen.phones, seen.token
            if seen.screen.place in LISTS | {"service"}:
                assert "refuge" not in seen.screen.text.lower().replace("(refuge)", ""), seen.token
                assert not [n for n in names if n in below_lead(seen).split("Listed by")[0]], seen.token
        else:
            assert not set(seen.screen.services) & alone, seen.token


def test_no_button_leaves_own_behaviour_unasked(walked):
    """Only the question about fear, the question about who, and the start take the branch away."""
    for seen in walked:
        if seen.state.answers.get("who") != "own-behaviour":
            continue
        for choice in choices(seen):
            if choice.to and choice.to.answers.get("who") != "own-behaviour":
                away = seen.screen.place in ("who", "afraid") or choice.to.place in ("start", "leave", "topic")
                assert away, (seen.token, choice.label)


def test_own_behaviour_first_asks_about_fear(walked):
    asked = [c.to for s in only(walked, "who") for c in choices(s) if c.label.endswith("My own behaviour")]
    assert asked
    assert {to.place for to in asked} == {"afraid"}
    for seen in only(walked, "afraid"):
        to = {c.label: c.to.answers.get("who") for c in choices(seen) if c.to}
        assert (to["Yes"], to["Not sure"], to["No"]) == ("me", "me", "own-behaviour")


def test_under_18_childline_comes_first_and_nothing_for_older_people(walked, knowledge):
    for seen in walked:
        if seen.state.answers.get("who") != "young-person":
            continue
        for service in seen.screen.services:
            assert knowledge.services[service].minimum_age is None, (seen.token, service)
        if seen.screen.place == "results" and seen.state.page == 0:
            assert seen.screen.services[0] == "childline", seen.token


def test_old_hours_never_look_fresh(walked, knowledge):
    """Without a confirmation no line says "Open until", "Opens" or "24 hours" on its own, and none says "closed"."""
    confirmed = any(c.confirmed for s in knowledge.services.values() for c in s.contacts)
    for seen in walked:
        for line in below_lead(seen).splitlines():
            assert "closed" not in line.lower(), (seen.token, line)
            if not confirmed:
                assert not re.match(r"(Open until|Opens|24 hours)", line), (seen.token, line)


def test_trial_is_said_until_a_number_is_confirmed(walked, knowledge):
    confirmed = any(c.confirmed for s in knowledge.services.values() for c in s.contacts)
    assert ("Trial" in walked[0].screen.text) != confirmed


def test_no_address_is_a_link_before_it_is_confirmed(walked):
    assert not [c.url for seen in walked for c in choices(seen) if c.url]


def test_pages_on_leaving_and_safety_open_with_the_danger_of_leaving(walked):
    for seen in only(walked, "topic"):
        if seen.state.item in ("leaving", "safety-plan"):
            assert seen.screen.body.startswith("Leaving can be the most dangerous time"), seen.token


def test_options_cannot_show_danger_as_a_result(walked):
    for seen in only(walked, "results"):
        assert seen.state.answers.get("urgency") != "now"


def test_a_number_within_one_tap_and_results_within_five(led):
    lines = {seen.token: (seen, leads) for seen, leads in led}
    start = next(iter(lines.values()))[0]
    assert start.state.place == "start"
    first = choices(start)[0]
    assert lines[encode(first.to)][0].screen.phones
    reached, taps = {start.token}, 0
    while not any(lines[t][0].screen.place == "results" for t in reached):
        reached |= {to for token in reached for to in lines[token][1].values()}
        taps += 1
    assert taps <= 5


def test_numbers_shown_are_real_uk_numbers(walked):
    for number in {n for seen in walked for n in seen.screen.phones if n.startswith("+")}:
        assert phonenumbers.is_valid_number(phonenumbers.parse(number)), number
