"""Finds every class and rule of the vocabulary in a clause, in one pass from its last word to its first."""

from __future__ import annotations

from collections.abc import Sequence

from bot.understanding.lexicon import GAP_WORDS, Lexicon, Node

Row = dict[str, list[int]]  # symbol -> where it ends, for one position


def chart(symbols: Sequence[tuple[str, ...]], lexicon: Lexicon) -> list[Row]:
    """For each position of a clause, the symbols that begin there and the positions where they end.

    Working from the end means that all that may follow a position is complete when that position is looked at, so
    patterns may name classes that are patterns themselves.
    """
    n = len(symbols)
    rows: list[Row] = [{} for _ in range(n + 1)]
    units, root = lexicon.units, lexicon.root.next
    for i in range(n - 1, -1, -1):
        row = rows[i]
        agenda = [(symbol, i + 1) for symbol in symbols[i]]
        while agenda:
            symbol, end = agenda.pop()
            ends = row.get(symbol)
            if ends is None:
                row[symbol] = [end]
            elif end in ends:
                continue
            else:
                ends.append(end)
            for name, first, last in units.get(symbol, ()):
                if (not first or i == 0) and (not last or end == n):
                    agenda.append((name, end))
            nodes = root.get(symbol)
            if nodes:
                _follow([(node, end) for node in nodes], rows, i, agenda)
    return rows


def _follow(stack: list[tuple[Node, int]], rows: list[Row], i: int, agenda: list[tuple[str, int]]) -> None:
    """Walks the net from the given points; what ends there goes on the agenda of position `i`."""
    n = len(rows) - 1
    while stack:
        node, at = stack.pop()
        for name, first, last in node.out:
            if (not first or i == 0) and (not last or at == n):
                agenda.append((name, at))
        if at == n:
            continue
        after, row = node.next, rows[at]
        if after and not after.keys().isdisjoint(row):
            for symbol in after if len(after) < len(row) else row:
                if symbol in row and symbol in after:
                    stack.extend([(child, end) for end in row[symbol] for child in after[symbol]])
        for gap in node.gaps:
            stack.extend([(gap, stop) for stop in range(at, min(at + GAP_WORDS, n) + 1)])
