"""What a replica puts back when the shared store has lost its data."""

from __future__ import annotations

from bot.forgetting import recall
from bot.forgetting.ledger import Note
from bot.forgetting.recall import Back, Memory, Recall, Seen
from bot.forgetting.seal import Kind

MARK, NOW = b"chat", 1_800_000_000.0
SCREEN, LINE = Note(7, 11, Kind.LIVING, NOW), Note(7, 12, Kind.BLAND, NOW)
CLOSING = Note(7, 0, Kind.CLOSING, NOW)


def knowing(memory: Memory | None, *notes: Note) -> Recall:
    known = Recall()
    known.keep(MARK, 7, Seen(), memory, list(notes), [], NOW)
    return known


def test_all_that_is_known_goes_back_without_what_the_person_chose() -> None:
    known = knowing(Memory(seq=5, state="re_nst", touched=NOW), SCREEN, LINE)
    assert known.back(MARK, Seen()) == Back(7, Memory(seq=5, touched=NOW), [SCREEN, LINE], [0])


def test_a_newer_memory_stays_and_what_else_is_known_joins_it() -> None:
    newer = Memory(seq=6, state="ab", wanted=True)
    there = Seen(b"v", newer, [SCREEN])
    assert knowing(Memory(seq=5), SCREEN, LINE).back(MARK, there) == Back(7, newer, [LINE], [])


def test_what_is_known_to_be_shown_is_not_shown_again() -> None:
    asked = Memory(seq=5, state="ab", wanted=True, anew=True, touched=NOW)
    done = Memory(seq=5, touched=NOW)
    assert knowing(asked, SCREEN).back(MARK, Seen(b"v", done, [SCREEN])) is None
    assert knowing(done, SCREEN).back(MARK, Seen(b"v", asked, [SCREEN])) == Back(7, done, [], [0])
    put = knowing(asked, SCREEN).back(MARK, Seen())
    assert put == Back(7, asked, [SCREEN], [0])


def test_where_a_chat_stands_is_forgotten_once_somebody_must_have_shown_it() -> None:
    asked = Memory(seq=5, state="ab", wanted=True, touched=NOW)
    known = knowing(asked, SCREEN)
    known.fade(NOW)
    assert known.back(MARK, Seen()) == Back(7, asked, [SCREEN], [0])
    known.fade(NOW + 1)
    assert known.back(MARK, Seen()) == Back(7, Memory(seq=5, touched=NOW), [SCREEN], [0])


def test_a_close_of_an_older_conversation_is_void_whoever_comes_first() -> None:
    closed, open_ = Memory(seq=5, closed=True), Memory(seq=9)
    assert knowing(closed, CLOSING, LINE).back(MARK, Seen(b"v", open_, [SCREEN])) == Back(7, open_, [LINE], [])
    assert knowing(open_, SCREEN).back(MARK, Seen(b"v", closed, [CLOSING])) == Back(7, open_, [SCREEN], [0])
    assert knowing(closed, CLOSING).back(MARK, Seen()) == Back(7, closed, [CLOSING], [])


def test_a_chat_with_nothing_left_in_it_is_not_remembered(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    known = knowing(Memory(seq=5), SCREEN)
    known.keep(MARK, 7, None, Memory(seq=6, closed=True), [], [11], NOW)
    assert known.of(MARK) is None
    monkeypatch.setattr(recall, "KNOWN", 2)
    for mark in (b"a", b"b", b"c"):
        known.keep(mark, 7, Seen(), None, [SCREEN], [], NOW)
    assert [mark for mark in (b"a", b"b", b"c") if known.of(mark)] == [b"b", b"c"]


def test_what_was_learnt_while_a_chat_is_missing_joins_what_is_known() -> None:
    known = knowing(Memory(seq=5), SCREEN)
    assert known.lose() == 1
    known.keep(MARK, 7, Seen(b"v", Memory(seq=6), []), None, [LINE], [], NOW)
    assert known.of(MARK) == Seen(b"", Memory(seq=6), [SCREEN, LINE])


def test_a_close_that_the_store_did_not_hear_of_is_put_back_although_nothing_else_is_known() -> None:
    known, closed, stands = Recall(), Memory(seq=6, closed=True), Seen(b"v", Memory(seq=5), [SCREEN])
    known.keep(MARK, 7, None, closed, [], [], NOW, sure=False)
    assert known.back(MARK, stands) == Back(7, closed, [], [])
    known.settled(MARK)
    assert known.of(MARK) is None


def test_what_is_noted_without_the_right_to_it_changes_no_note() -> None:
    known = knowing(Memory(seq=5), SCREEN)
    stray, line = Note(7, 11, Kind.TYPED, NOW), Note(7, 12, Kind.TYPED, NOW)
    known.keep(MARK, 7, None, None, [stray, line], [], NOW, free=True)
    seen = known.of(MARK)
    assert seen
    assert sorted(seen.notes, key=lambda n: n.message) == [SCREEN, line]
