"""What a replica remembers of the chats that it has noted in the shared store, to put it back when that has lost it.

Pure: no store, no clock. It holds ids, and where a chat stands only until that is shown.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from bot.forgetting.ledger import Note
from bot.forgetting.seal import LASTING, Kind

KNOWN = 10_000  # chats, the latest ones
RESTING = (Kind.LIVING, Kind.BLAND, *LASTING)
KEEP = 48 * 3600  # seconds; Telegram deletes nothing older, so a note of it is of no use


@dataclass(frozen=True, slots=True)
class Memory:
    """Where a chat stands: the newest update that counts, the state's token, and what is still to be shown."""

    seq: int = 0  # update_id; an older one changes nothing any more
    born: int = 0  # update_id of the message that opened this conversation; a Close from before it is void
    state: str = ""
    wanted: bool = False  # the state is not shown yet
    anew: bool = False  # by a new pair of messages
    by_word: bool = False  # it answers a message, so that something may be sent
    asked: float = 0  # date of that message (seconds since 1970), and its id
    asked_by: int = 0
    closed: bool = False
    touched: float = 0  # seconds since 1970
    above: int = 0  # a message id above which something of ours may stand whose id was never learnt
    unsettled: float = 0  # until when somebody may still be sending there, although there was a Close
    again: float = 0  # when what could not be deleted may be tried again, and how often that has failed
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """A chat as the store has it; `version` tells whether somebody else has changed it since."""

    version: bytes = b""
    memory: Memory | None = None
    notes: list[Note] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Back:
    """What is to be put back of a chat: its memory, notes to add, and messages whose notes are to go."""

    chat: int
    memory: Memory | None
    add: list[Note]
    remove: list[int]


class Recall:
    """Chats by their mark. `missing` are those that may not be in the store."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, tuple[int, Seen]] = OrderedDict()
        self._unheard: set[bytes] = set()  # those whose memory the store has not heard of
        self._asked: set[bytes] = set()  # those in which something is still to be shown
        self.missing: set[bytes] = set()

    def of(self, mark: bytes) -> Seen | None:
        """What is known of a chat."""
        return self._known[mark][1] if mark in self._known else None

    def calm(self, mark: bytes) -> Seen:
        """What can be built on while the store is away: a screen that stood. What was going on has gone on since."""
        known = self.of(mark) or Seen()
        at_rest = known.memory and not (known.memory.wanted or known.memory.closed)
        return known if at_rest and all(n.kind in RESTING for n in known.notes) else Seen()

    def lose(self) -> int:
        """Nothing may be in the store any more; of how many chats something is known."""
        self.missing |= self._known.keys()
        return len(self._known)

    def settled(self, mark: bytes) -> None:
        """All that is known of a chat is in the store."""
        self._unheard.discard(mark)
        self.missing.discard(mark)
        if mark in self._known and not self._known[mark][1].notes:
            del self._known[mark]

    def forget(self, mark: bytes) -> None:
        """Nothing is known of a chat any more."""
        self._known.pop(mark, None)
        for marks in (self._unheard, self._asked, self.missing):
            marks.discard(mark)

    def fade(self, young: float) -> None:
        """Forgets what was to be shown and was asked for before `young` (seconds since 1970): somebody has shown it."""
        for mark in list(self._asked):
            chat, known = self._known.get(mark, (0, Seen()))
            if known.memory and known.memory.touched >= young:
                continue
            self._asked.discard(mark)
            if known.memory:
                memory = replace(known.memory, wanted=False, anew=False, state="")
                self._known[mark] = chat, replace(known, memory=memory)

    def keep(
        self, mark: bytes, chat: int, before: Seen | None, memory: Memory | None, add: list[Note], gone: list[int],
        now: float, *, sure: bool = True, free: bool = False,
    ) -> None:  # fmt: skip
        """A change made to a chat as it was `before` (None: as it is known), `now` (seconds since 1970).

        `sure` is whether the store has it as well; `free` whether what was noted already stayed as it was.
        """
        known = self.of(mark) or Seen()
        self._known.pop(mark, None)
        was = before or known
        if memory:
            (self._unheard.discard if sure else self._unheard.add)(mark)
        elif mark in self._unheard:
            memory = known.memory
        else:
            memory = was.memory
        if not (memory and memory.closed):
            gone = [*gone, 0]  # a Close (noted under 0) from before; whoever puts it back must not undo what is newer
        notes = was.notes if sure and mark not in self.missing else together(known.notes, was.notes)
        notes = [n for n in (together(add, notes) if free else together(notes, add)) if n.message not in gone]
        if memory and memory.wanted:
            self._asked.add(mark)
        elif memory:
            memory = replace(memory, state="")
        if notes or mark in self._unheard:
            self._known[mark] = chat, Seen(b"", memory, notes)
            _, oldest = next(iter(self._known.values()))
            if len(self._known) > KNOWN or max((n.at for n in oldest.notes), default=now) < now - KEEP:
                self.forget(next(iter(self._known)))

    def back(self, mark: bytes, there: Seen) -> Back | None:
        """What is to be put back of a chat that the store has as `there`; None for nothing. Newer things there stay."""
        chat, known = self._known.get(mark, (0, Seen()))
        mine, theirs, ids = known.memory, there.memory, {n.message for n in there.notes}
        older = mine is None or (theirs is not None and (theirs.seq, mine.wanted) >= (mine.seq, theirs.wanted))
        add = [n for n in known.notes if n.message not in ids and (n.message or not older)]
        if not chat or (older and not add):
            return None
        void = [] if older or (mine and mine.closed) else [0]  # a Close of an older conversation
        return Back(chat, theirs if older else mine, add, void)


def together(notes: Iterable[Note], more: list[Note]) -> list[Note]:
    """Notes of a chat with more of them, which count where both speak of a message."""
    ids = {n.message for n in more}
    return [*(n for n in notes if n.message not in ids), *more]
