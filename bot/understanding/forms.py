"""The forms of a word: a verb's inflections, and what is left of a word when a letter is missed."""

from __future__ import annotations

from collections.abc import Iterator


def inflect(verb: str) -> tuple[tuple[str, ...], ...]:
    """The forms of a verb: (plain), (-s), (-ing), (past, participle).

    `verb` is the plain form of a regular verb, or all forms in the order plain, -s, -ing, past and more pasts.
    """
    forms = verb.split()
    if len(forms) >= 4:
        return (forms[0],), (forms[1],), (forms[2],), tuple(forms[3:])
    base = forms[0]
    if base.endswith("e"):
        stem = base[:-1]
        return (base,), (base + "s",), (stem + "ing",), (base + "d",)
    if base.endswith("y") and base[-2] not in "aeiou":
        return (base,), (base[:-1] + "ies",), (base + "ing",), (base[:-1] + "ied",)
    plural = base + ("es" if base.endswith(("s", "sh", "ch", "x", "z")) else "s")
    return (base,), (plural,), (base + "ing",), (base + "ed",)


def deletes(word: str) -> Iterator[str]:
    """The word and every form of it with one letter left out: two words one slip apart share one of these."""
    yield word
    for i in range(len(word)):
        yield word[:i] + word[i + 1 :]
