"""Any place, however it is typed: what each way of typing gives."""

from __future__ import annotations

import csv
import re
import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.places import Place, find_place, load_places
from knowledge.places.settle import keep
from knowledge.places.tables import NATIONS
from knowledge.places.text import normal
from seeds import __file__ as seeds_file

TABLES = Path(seeds_file).parent / "places"
SHARED = Path(__file__).parents[1].parent / "shared"
PLACES = load_places()


def answer(text: str) -> str:
    return find_place(text, PLACES).answer


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Leek", "staffordshire-moorlands"),
        ("wolvo", "wolverhampton"),
        ("im in wolvo and he wont leave me alone", "wolverhampton"),
        ("the potteries", "stoke-on-trent"),
        ("black country", "west-midlands"),
        ("E. Herts", "east-hertfordshire"),
        ("newcastle", "ambiguous:newcastle-under-lyme|elsewhere"),
        ("newcastle under lime", "newcastle-under-lyme"),
        ("newcastle upon tyne", "elsewhere"),
        ("woolverhampton", "wolverhampton"),
        ("lichfeild", "lichfield"),
        ("hemelhempstead", "dacorum"),
        ("stock on trent", "stoke-on-trent"),
        ("my bf hits me im in birmigham", "birmingham"),
        ("hatfield herts", "welwyn-hatfield"),
        ("stone kent", "elsewhere"),
        ("Stone near Stafford", "stafford"),
        ("I live in Stone", "ambiguous:stafford|elsewhere"),
        ("Coventry Road London", "elsewhere"),
        ("derby road, long eaton", "erewash"),
        ("used to live in london, now in crewe", "cheshire-east"),
        ("moved from derby to leeds", "elsewhere"),
        ("between walsall and dudley", "ambiguous:walsall|dudley"),
        ("hes in wolverhampton im in walsall", "ambiguous:walsall|wolverhampton"),
        ("I am from Poland living in Derby", "derby"),
        ("mieszkam w Birmingham", "birmingham"),
        ("birmingham alabama", "elsewhere"),
        ("newmills", "high-peak"),
        ("Foxt, not far from the motorway", "staffordshire-moorlands"),
        ("staying at my sisters in Burslem", "stoke-on-trent"),
        ("dudley womens aid", "dudley"),
        ("Stockport Cheshire", "elsewhere"),
        ("Newcastle under Lyme, not Tyne", "newcastle-under-lyme"),
        ("just outside lichfield", "lichfield"),
    ],
)
def test_names_nicknames_slips_and_sentences(text: str, expected: str) -> None:
    assert answer(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "my husband hits me", "hope you can help", "I'm over it", "its over now", "he hit me in the wall", "the well",
        "Derby day", "Stafford said he will kill me", "my husband dudley hits me", "ashley wont leave me alone",
        "leek pie", "stone age", "reading glasses", "wall street", "nasty man", "in hope that he changes", "in a field",
        "since march", "he hit me b4 i left", "cu l8r m8", "on the m6", "me 2", "in the bathroom", "near the church",
        "999", "07700 900123",
        "call me on 0121 496 0000", "i have 3 kids and no money", "go back", "stop", "maybe", "we are scared",
        "Coventry Road",
        "he is from pakistan", "he took me to blackpool and hit me", "cheddar cheese", "chelsea boots", "bakewell tart",
        "my broadband's down", "he was bailed not to contact me", "support for my children", "ayuda por favor", "",
    ],
)  # fmt: skip
def test_ordinary_words_are_no_places(text: str) -> None:
    assert answer(text) == "unknown"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ST4 2AB", "stoke-on-trent"),
        ("st42ab", "stoke-on-trent"),
        ("st42", "stoke-on-trent"),
        ("my postcode is ST-4.", "stoke-on-trent"),
        ("S 32", "derbyshire-dales"),
        ("wv1o 0dw", "wolverhampton"),
        ("he knows my postcode ST5 1AA", "newcastle-under-lyme"),
        ("b45", "ambiguous:birmingham|elsewhere"),
        ("ST11", "ambiguous:staffordshire-moorlands|stafford"),
        ("wd25", "hertfordshire"),
        ("B98", "elsewhere"),
        ("XX9", "unknown"),
    ],
)
def test_postcodes(text: str, expected: str) -> None:
    assert answer(text) == expected


@pytest.mark.parametrize(
    ("text", "nation"),
    [
        ("London", "england"), ("Cardiff", "wales"), ("LL11 1AA", "wales"), ("Edinburgh", "scotland"),
        ("glasgo", "scotland"), ("im in scotland", "scotland"), ("bt48", "northern-ireland"),
        ("Ballymena", "northern-ireland"), ("Paris", ""),
        ("JE2", ""), ("do you help people in wales", "wales"),
    ],
)  # fmt: skip
def test_the_nation_of_a_place_elsewhere(text: str, nation: str) -> None:
    place = find_place(text, PLACES)
    assert (place.kind, place.nation) == ("elsewhere", nation)


@pytest.mark.parametrize("text", ["ST4 2AB", "st42ab", "its wa1 4hq thanks", "we are at ng19 7ys", "sg87by"])
def test_a_full_postcode_is_never_kept(text: str) -> None:
    assert re.fullmatch(r"[A-Z]{1,2}[0-9][0-9A-Z]?", find_place(text, PLACES).name)


def test_what_is_echoed_reads_as_people_write_it() -> None:
    assert find_place("we live in BURTON-UPON-TRENT", PLACES).name == "Burton on Trent"
    assert find_place("lichfeild", PLACES).name == "Lichfield"


def fits(place: Place, weights: dict[str, int]) -> bool:
    """Whether the answer is the heaviest of the places, or a question that holds it, or an area that covers it."""
    top = max(weights, key=lambda where: weights[where])
    if place.kind == "ambiguous":
        return top in place.ids or (top in NATIONS and "elsewhere" in place.ids)
    if top in NATIONS:
        return place.kind in {"elsewhere", "unknown"}
    return place.ids == (top,) or PLACES.area_of[place.ids[0]] == PLACES.area_of[top]


def test_every_served_name_gives_its_district_or_asks() -> None:
    lines = (TABLES / "served.tsv").read_text(encoding="utf-8").splitlines()
    wrong = []
    for name in (line.split("\t")[0] for line in lines):
        weights = PLACES.weights(name)
        place = find_place(name, PLACES)
        if not fits(place, weights) and not re.search(r"\d", name):
            wrong.append((name, place.answer))
        served = [where for where in keep(weights) if where not in NATIONS]
        assert not served or place.ids or re.search(r"\d", name), name
    assert len(lines) > 3500
    assert wrong == []


def test_no_question_leads_to_the_same_services_and_none_has_more_than_four_answers() -> None:
    for name in (line.split("\t")[0] for line in (TABLES / "served.tsv").read_text(encoding="utf-8").splitlines()):
        place = find_place(name, PLACES)
        if place.kind == "ambiguous":
            assert 2 <= len(place.ids) <= 4
            assert len({PLACES.group_of.get(where, where) for where in place.ids}) > 1, name


def test_every_outward_code_agrees_with_the_table() -> None:
    wrong = []
    for code, nation in PLACES.outwards.items():
        place, shares = find_place(code, PLACES), PLACES.shares(code)
        if not shares:
            right = place.kind == "elsewhere" and place.nation == ("" if nation == "other" else nation)
        else:
            right = fits(place, shares)
        if not right:
            wrong.append((code, place.answer))
    assert len(PLACES.outwards) > 2900
    assert wrong == []


def served_town() -> st.SearchStrategy[str]:
    towns = sorted(name for name in PLACES.names if name.count(" ") > 0 and max(PLACES.weights(name).values()) > 20_000)
    return st.sampled_from(towns)


@settings(max_examples=150, deadline=None)
@given(served_town(), st.sampled_from([" ", "-", "  ", " - ", "_"]), st.sampled_from(["", ".", " ?", "…"]), st.data())
def test_case_spaces_hyphens_marks_and_accents_do_not_matter(
    name: str, gap: str, end: str, data: st.DataObject
) -> None:
    typed = "".join(data.draw(st.sampled_from([letter, letter.upper()])) for letter in name).replace(" ", gap) + end
    accented = typed.replace("e", "é").replace("o", "ö")
    assert find_place(typed, PLACES) == find_place(name, PLACES) == find_place(accented, PLACES)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=300), st.text(alphabet=string.ascii_lowercase + "0159 ,.'", max_size=4096)))
def test_never_raises_and_always_speaks_the_grammar(text: str) -> None:
    place = find_place(text, PLACES)
    known = "|".join(sorted(PLACES.area_of)) + "|elsewhere"
    assert re.fullmatch(rf"unknown|{known}|ambiguous:({known})(\|({known})){{1,3}}", place.answer)
    assert place.nation in {"", *NATIONS}


def test_tables_hold_normal_names_once() -> None:
    for file in ("served.tsv", "aliases.tsv", "foreign.txt"):
        lines = (TABLES / file).read_text(encoding="utf-8").splitlines()
        names = [line.split("\t")[0] for line in lines if not line.startswith("#")]
        assert [name for name in names if normal(name) != name] == [], file
        assert len(names) == len(set(names)), file


# The development cases that are known to fail, by text; strict: a case that comes right must leave the list.
KNOWN_FAILURES: set[str] = set()


@pytest.mark.skipif(not (SHARED / "cases").is_dir(), reason="the reference folder is not here")
def test_the_development_cases() -> None:
    with (SHARED / "cases" / "area_cases_dev.csv").open(encoding="utf-8", newline="") as file:
        cases = list(csv.DictReader(file))
    failures = {case["text"] for case in cases if not right(case["expected"], find_place(case["text"], PLACES).answer)}
    assert failures == KNOWN_FAILURES


def right(expected: str, given_answer: str) -> bool:
    """The reference rule's "exact" and "ok"."""
    options = given_answer.removeprefix("ambiguous:").split("|")
    wanted = expected.removeprefix("ambiguous:").split("|")
    if expected == "elsewhere":
        return given_answer in {"elsewhere", "unknown"}
    areas = {PLACES.area_of.get(where, "elsewhere") for where in wanted}
    inside = {PLACES.area_of.get(where, "elsewhere") for where in options}
    if given_answer.startswith("ambiguous:"):
        return set(wanted) <= set(options) and (len(wanted) > 1 or inside == areas)
    return given_answer not in {"elsewhere", "unknown"} and inside == areas


@pytest.mark.skipif(not (SHARED / "gazetteer").is_dir(), reason="the reference folder is not here")
def test_the_tables_are_what_the_script_makes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from knowledge.places import build

    (tmp_path / "corrections.tsv").write_bytes((TABLES / "corrections.tsv").read_bytes())
    monkeypatch.setattr(build, "SEEDS", tmp_path)
    assert build.main([str(SHARED / "gazetteer")]) == 0
    for made in sorted(tmp_path.iterdir()):
        assert made.read_bytes() == (TABLES / made.name).read_bytes(), made.name
