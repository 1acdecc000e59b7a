"""Whether a message is worth asking for a place: looking for misspelt names is by far the dearest step."""

from __future__ import annotations

import re

from bot.understanding.lexicon import english
from knowledge.places import Places
from knowledge.places.text import BREAK, tokens

ORDINARY = ("common", "ordinary", "filler", "third")
CUES = frozenset({"in", "from", "near", "at", "around", "live", "living", "to", "of", "for", "is", "nearby"})
PLACING = frozenset({"in", "from", "near", "around"})  # before an ordinary word, only these make it a place
TALK = frozenset({
    "who", "what", "how", "when", "why", "you", "your", "do", "did", "can", "i", "me", "my", "this", "that",
})  # fmt: skip
FEW = 4  # a message of so few words may be nothing but a misspelt place
LONGEST_NAME = 4
_CODE = re.compile(r"[a-z]{1,2}\d")


def may_name_place(text: str, places: Places, understood: bool) -> bool:
    """Whether the words hold a known name or postcode, or a strange word where a place would stand.

    `understood` says that the rules made something of the message: then a strange word counts only after "in" and
    the like, as the message is not a place and nothing else.
    """
    words = [word for word in tokens(text) if word != BREAK]
    ours = english().known
    strange = [at for at, word in enumerate(words) if word not in ours and not places.any_of(ORDINARY, word)]
    if not understood and (strange or len(words) <= FEW) and not (len(words) <= FEW and TALK.intersection(words)):
        return True
    for at, word in enumerate(words):
        if _CODE.match(word):
            return True
        before = words[at - 1] if at else ""
        if before in CUES and at in strange:
            return True
        if (before in PLACING or at in strange or len(words) <= FEW) and _begins_name(words, at, places):
            return True
    return False


def _begins_name(words: list[str], at: int, places: Places) -> bool:
    """Whether a known name begins at this word."""
    return any(places.known(" ".join(words[at:end])) for end in range(at + 1, min(at + LONGEST_NAME, len(words)) + 1))
