"""Typed words: how well they are read, what must never happen, and what holds for any text at all."""

from __future__ import annotations

import io
import json

import pytest
from conftest import SHARED
from hypothesis import given, settings
from hypothesis import strategies as st
from understanding_cases import CASES, cases, f1, misread, share

from bot.understanding import explain, main, read
from bot.understanding.clauses import split
from bot.understanding.languages import tongues
from bot.understanding.lexicon import english, load
from bot.understanding.matching import chart
from knowledge.load import load as load_knowledge
from knowledge.yamlfile import FaultError
from knowledge.yamlfile import read as read_yaml

OWN = sorted(CASES.glob("typed_*.csv"))
DEVELOPMENT = SHARED / "cases" / "utterances_dev.csv"
KNOWN_FAILURES = CASES / "known_failures.txt"


def listed(prefix):
    lines = KNOWN_FAILURES.read_text(encoding="utf-8").split("\n")
    return {line for line in lines if line and line[0] != "#" and line.startswith(prefix)}


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_own_cases_are_read_but_for_the_known_failures(path, knowledge):
    found = cases(path)
    ids = {case.id for case in found}
    assert misread(found, knowledge) == {line for line in listed("") if line.split()[0] in ids}


def test_the_development_set_is_read_but_for_the_known_failures(knowledge):
    if not DEVELOPMENT.exists():
        pytest.skip("the reference cases are not here")
    found = cases(DEVELOPMENT)
    assert misread(found, knowledge) == listed("d0")
    now = [case for case in found if case.danger]
    assert share(now, knowledge) >= 0.98
    assert share([case for case in now if "language" in case.notes], knowledge) >= 0.95
    assert share([case for case in now if "suicide" in case.notes], knowledge) == 1.0
    assert share([case for case in now if "exit-first" in case.notes], knowledge) == 1.0
    assert share([case for case in found if not case.danger], knowledge) <= 0.02
    assert f1(found, knowledge, "situation") >= 0.95
    assert f1(found, knowledge, "audience") >= 0.92


def test_every_known_failure_names_a_case():
    known = {case.id for path in OWN for case in cases(path)}
    strange = {line.split()[0] for line in listed("")} - known
    assert all(name.startswith("d0") for name in strange)


@pytest.mark.parametrize("text", [
    "hiya xx", "thanks for that x",
    "hello", "ok", "thanks bab", "what time is it", "lol", "asdfgh", "12345", "who won the match", "tell me a joke",
    "", "   ", "?",
    "WIN CASH NOW", "how do I cook rice", "good morning", "😂😂", "is it raining in Derby", "happy birthday mate",
])  # fmt: skip
def test_small_talk_triggers_nothing(text, knowledge):
    reading = read(text, knowledge)
    assert (reading.danger, reading.high_risk, reading.command) == (False, False, "")
    assert not reading.situations + reading.audiences


@pytest.mark.parametrize("text", [
    "who is this", "whose number is this", "what is this chat", "why is this on my wife's phone",
])  # fmt: skip
def test_somebody_who_asks_who_this_is_learns_nothing(text, knowledge):
    reading = read(text, knowledge)
    assert reading.command == "who"
    assert not reading.danger
    assert not reading.situations + reading.maybe + tuple(reading.answers)


@pytest.mark.parametrize("text", [
    "he's coming", "hes home", "I can hear his key in the door", "he just walked in", "that's his car", "she's back",
])  # fmt: skip
def test_an_arrival_is_danger_and_says_so(text, knowledge):
    reading = read(text, knowledge)
    assert reading.danger
    assert "arrival" in reading.signs


@pytest.mark.parametrize("text", [
    "\U0001f62d" * 321 + "he is hitting me", "he is hi\u00adtting me", "he is r*ping me", "i want to k1ll myself",
    "he;s hitting me", "he (my husband) is hitting me", "what do i do he is hitting me", "he... is hitting me",
    "so nobody hears my husband is strangling me", "omg daves hitting me xx",
])  # fmt: skip
def test_danger_is_seen_through_odd_typing(text, knowledge):
    assert read(text, knowledge).danger


@pytest.mark.parametrize(("text", "last"), [
    ("so nobody hears my husband is strangling me", "my husband is strangling me"),
    ("he has a knife and the telly is on", "the telly is on"), ("what do i do he is hitting me", "he is hitting me"),
    ("omg dave is hitting me xx", "dave is hitting me"), ("he... has a knife", "he has a knife"),
])  # fmt: skip
def test_where_a_statement_begins(text, last):
    assert " ".join(split(text, english())[-1].words) == last


def test_somebody_who_is_close_closes_nothing(knowledge):
    reading = read("he's so close", knowledge)
    assert (reading.danger, reading.command) == (True, "")


@pytest.mark.parametrize("text", ["hide this", "hide the chat", "quick hide"])
def test_hide_is_an_order(text, knowledge):
    assert read(text, knowledge).command == "hide"


@pytest.mark.parametrize("text", [
    "999", "sos", "help me", "send the police", "mayday", "police quick", "call 999 for me please",
])  # fmt: skip
def test_a_bare_cry_is_danger(text, knowledge):
    assert read(text, knowledge).danger


@pytest.mark.parametrize(("calm", "now"), [
    ("he hits me every weekend", "he hits me every weekend, he is doing it now"),
    ("I am not hurt, he has gone out", "I am not hurt yet but he's kicking the door in"),
    ("last year he strangled me", "last year he strangled me and now his hands are round my throat"),
    ("he never hit me before", "he never hit me before, he just punched me"),
    ("I'm not suicidal", "I'm not mad, I'm going to kill myself"),
])  # fmt: skip
def test_danger_is_not_taken_back_by_another_statement(calm, now, knowledge):
    assert not read(calm, knowledge).danger
    assert read(now, knowledge).danger


def test_signs_name_what_matters(knowledge):
    assert "suicide" in read("I want to die", knowledge).signs
    assert "strangled" in read("he strangled me last week", knowledge).signs
    assert "own-harm" in read("I'm about to hit her", knowledge).signs
    assert "third-party" in read("a man is punching a woman outside my house right now", knowledge).signs
    assert "language:pl" in read("ratunku mąż mnie bije", knowledge).signs


def test_high_risk_without_danger_asks_for_today(knowledge):
    reading = read("he strangled me last week", knowledge)
    assert not reading.danger
    assert reading.high_risk
    assert reading.answers["urgency"] == "today"


def test_a_bed_for_tonight_is_needed_today(knowledge):
    assert read("my friend in derby needs somewhere to stay tonight", knowledge).answers == {
        "who": "someone-else", "need": "housing", "area": "derby", "urgency": "today",
    }  # fmt: skip
    assert "urgency" not in read("how do I get a council house", knowledge).answers


@pytest.mark.parametrize("text", ["no hablo inglés", "nu vorbesc engleza", "nie mowie po angielsku"])
def test_who_speaks_no_english_is_told_what_to_say(text, knowledge):
    reading = read(text, knowledge)
    assert reading.danger
    assert any(sign.startswith("language:") for sign in reading.signs)


def test_several_answers_at_once(knowledge):
    reading = read("my ex in Walsall keeps following me", knowledge)
    assert dict(reading.answers) == {"area": "walsall", "who": "me", "need": "stalking"}
    assert not reading.danger


@pytest.mark.parametrize(("text", "who"), [
    ("my husband controls me", "me"), ("my friend is being hit by her boyfriend", "someone-else"),
    ("I hit my wife and want to change", "own-behaviour"), ("I'm 14 and my dad hits me", "young-person"),
    ("I'm a nurse and a patient told me her husband hits her", "work"),
])  # fmt: skip
def test_who_it_is_about(text, who, knowledge):
    assert read(text, knowledge).answers["who"] == who


def test_a_place_that_may_be_two_is_asked_about(knowledge):
    reading = read("refuge in Newcastle", knowledge)
    assert "area" not in reading.answers
    assert ("area", "north-staffordshire") in reading.maybe


def test_works_without_the_tables_of_places():
    assert read("he is hitting me in Leek", load_knowledge()).danger


def test_at_most_three_unsure_answers(knowledge):
    text = "housing, court, money, my children, a tracker on my phone, stalking and forced marriage in Newcastle"
    assert len(read(text, knowledge).maybe) <= 3


TERMS = [term for terms in (*tongues().whole.values(), *tongues().stems.values()) for term in terms]


@pytest.mark.parametrize("code", sorted({term.language for term in TERMS}))
def test_a_cry_in_each_language_is_danger(code, knowledge):
    cries = [" ".join(t.words) for t in TERMS if t.language == code and t.kind == "cry" and ".." not in t.words]
    known = english().known
    cries = [cry for cry in cries if not set(cry.split()) <= known]
    assert cries
    assert all(read(cry, knowledge).danger for cry in cries)


@pytest.mark.parametrize("text", [
    "dzień dobry", "bună ziua", "السلام عليكم", "bonjour", "merhaba", "namaste", "shukran", "gracias", "obrigado",
    "diolch",
])  # fmt: skip
def test_a_greeting_in_any_language_triggers_nothing(text, knowledge):
    reading = read(text, knowledge)
    assert (reading.danger, reading.situations, reading.command) == (False, (), "")


def test_explain_shows_what_fired_and_what_was_blocked(knowledge):
    shown = explain("he hits me every weekend", knowledge)
    assert "abuse-done" in shown
    assert "blocked" in shown
    assert "danger: no" in shown


def test_the_command_keeps_order_and_form(monkeypatch, capsys):
    lines = [{"id": "b", "text": "he is hitting me"}, {"id": 1, "text": "Leek"}]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(json.dumps(line) for line in lines)))
    assert main(["--jsonl"]) == 0
    out = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["id"] for line in out] == ["b", 1]
    assert out[0]["danger"] == "now"
    assert out[1]["area"] == "staffordshire-moorlands"
    keys = {"id", "danger", "high_risk", "situation", "audience", "command", "area", "rules", "ms"}
    assert all(keys <= set(line) for line in out)


def test_bad_input_is_one_plain_line(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO("no json\n"))
    assert main(["--jsonl"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert main([]) == 2


def compiled(tmp_path, text):
    path = tmp_path / "patterns_x.yaml"
    path.write_text(text, encoding="utf-8")
    faults = []
    return load([(read_yaml(path, faults), "x")], faults)


@pytest.mark.parametrize(("text", "fault"), [
    ("rules:\n  a:\n    patterns: [\"NOBODY hit\"]\n", "patterns_x.yaml:3: unknown class 'NOBODY'"),
    ("rules:\n  a:\n    patterns: [\".. hit\"]\n", "patterns_x.yaml:3: bad pattern '.. hit'"),
    ("rules:\n  a:\n    patterns: [\"hit?\"]\n", "every word of it may be missing"),
    ("rules:\n  a:\n    patterns: [\"it's\"]\n", "patterns_x.yaml:3: bad pattern"),
    ("rules:\n  a:\n    pattern: [hit]\n", "unknown key 'pattern'"),
    ("rules:\n  a:\n    patterns: [hit]\n    blocked-by: [nothing]\n", "x.yaml:4: rule 'a': nothing is called"),
    ("rules:\n  a:\n    patterns: [hit]\n    needs: [nowww]\n", "nothing is called 'nowww' that 'needs' may name"),
    ("rules:\n  a:\n    gives: [abus]\n    patterns: [hit]\n", "x.yaml:3: rule 'a': nothing is called 'abus'"),
    ("blockers:\n  a: {scope: everywhere, patterns: [hit]}\n", "'scope' is 'everywhere'"),
    ("classes:\n  small: [hit]\n", "a class is named in capitals"),
])  # fmt: skip
def test_a_bad_pattern_is_named_by_file_and_line(tmp_path, text, fault):
    with pytest.raises(FaultError) as caught:
        compiled(tmp_path, text)
    assert fault in str(caught.value)


def test_patterns_mean_what_they_say(tmp_path):
    lexicon = compiled(tmp_path, """
verbs:
  HARM: [punch, "hit hits hitting hit"]
classes:
  PERSON: [man]
  TAKES-S: [man]
  DET: [the]
  SUBJECT: [he]
  JOINT: [and]
  LEADS-IN: [that]
  LOST-WILL: [hell]
  AFTER-WILL: [hit]
  AFTER-WERE: [in]
  CALM-VERB: [loving]
  HE: [he, DET man]
rules:
  one: {patterns: ["HE is? HARM-ING me|us"]}
  two: {patterns: ["^ stop $"]}
  three: {patterns: ["HE .. door"]}
""")

    def found(text):
        clause = split(text, lexicon)[0]
        return {symbol for row in chart(clause.symbols, lexicon) for symbol in row if symbol[0] == "#"}

    assert found("he is punching us") == {"#one"}
    assert found("the man hitting me") == {"#one"}
    assert found("he is hits me") == set()
    assert found("stop") == {"#two"}
    assert found("please stop") == set()
    assert found("he by the back door") == {"#three"}
    assert found("he by the old green back door") == set()


WORDS = st.sampled_from([
    "he", "he's", "is", "hitting", "me", "not", "if", "help", "knife", "every", "day", "my", "husband", "door",
    "kill", "now", ".", ",", "?", "the", "in", "Leek",
    "strangled", "I", "want", "to", "die", "mnie", "bije", "ratunku", "999", "2", "hes", "got", "a", "gun", "and",
    "she", "her", "kids",
])  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=200), st.lists(WORDS, max_size=30).map(" ".join)))
def test_any_text_is_read_the_same_twice(knowledge, text):
    assert read(text, knowledge) == read(text, knowledge)


@settings(max_examples=100, deadline=None)
@given(st.lists(WORDS, max_size=20).map(" ".join))
def test_case_and_apostrophes_do_not_matter(knowledge, text):
    reading = read(text, knowledge)
    for other in (text.upper(), text.replace("'", ""), text.replace("'", "’")):
        again = read(other, knowledge)
        assert (again.danger, again.situations, again.command) == (reading.danger, reading.situations, reading.command)


@pytest.mark.parametrize("unit", [
    "a", "he is hitting me ", "not ", "🔪", "he ", "the man's ",
    "ا", "1 ", "!", "\n", "if he ", "my mum's boyfriend's ",
])  # fmt: skip
def test_a_long_message_is_cut_to_a_bound(unit, knowledge):
    text = (unit * 4096)[:4096]
    clauses = split(text, english())
    assert sum(len(clause.words) for clause in clauses) <= 700
    read(text, knowledge)


def test_the_end_of_a_long_message_counts(knowledge):
    assert read("and then we talked about it. " * 100 + "he is strangling me", knowledge).danger
