"""Any place, however it is typed: a town, village, nickname or postcode, misspelt or inside a sentence."""

from knowledge.places.command import main
from knowledge.places.find import find_place
from knowledge.places.settle import Place
from knowledge.places.tables import Places, load_places

__all__ = ["Place", "Places", "find_place", "load_places", "main"]
