"""Which conversations have been quiet for too long. In memory only: a tap writes nothing to disk."""

from __future__ import annotations

from collections import OrderedDict


class Quiet:
    """The conversations by their last touch; finding the quiet ones costs no more than there are of them."""

    def __init__(self, idle: float) -> None:
        self.idle = idle  # seconds
        self._touched: OrderedDict[int, float] = OrderedDict()

    def touch(self, chat: int, now: float) -> None:
        """The person did something (now: seconds since 1970)."""
        self._touched[chat] = now
        self._touched.move_to_end(chat)

    def drop(self, chat: int) -> None:
        """The conversation is over."""
        self._touched.pop(chat, None)

    def due(self, now: float) -> list[int]:
        """The chats that have been quiet for the idle time, longest first. They stay due until touched or dropped."""
        found = []
        for chat, at in self._touched.items():
            if now - at < self.idle:
                break
            found.append(chat)
        return found

    def __len__(self) -> int:
        return len(self._touched)
