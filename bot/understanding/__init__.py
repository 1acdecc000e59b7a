"""What a typed message means: danger, high risk, a command, answers, a place, and by which rules."""

from bot.understanding.__main__ import main
from bot.understanding.explaining import explain
from bot.understanding.reader import order, read
from bot.understanding.reading import Reading

__all__ = ["Reading", "explain", "main", "order", "read"]
