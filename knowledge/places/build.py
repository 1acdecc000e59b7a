"""Makes the generated tables in `seeds/places` from reference data: ``python -m knowledge.places.build FOLDER``.

The folder holds `places.csv`, `postcode_districts.csv`, `postcode_sectors_served.csv` and `served_lads.csv`; their
sources and licences are named in `seeds/places/README.md`. The hand-written tables stay as they are.
"""

from __future__ import annotations

import csv
import math
import re
import sys
from collections import defaultdict
from pathlib import Path

from knowledge.places.text import normal

NATIONS = {"E": "england", "W": "wales", "S": "scotland", "N": "northern-ireland"}
PER_STOP = 120
"""People that one bus stop stands for where no population is known (from the reference data's own notes)."""
LEAST, DISTRICT, COUNTY = 60, 60_000, 400_000
"""Weights of a name without any figure, of a district's name and of a county's name."""

SEEDS = Path(__file__).parents[2] / "seeds" / "places"
_UNFIT = re.compile(r"PO Box|Park & Ride|Rd\b|[0-9#;!]|\bonly\b")

Weights = dict[str, dict[str, int]]
Row = dict[str, str]


def rows(path: Path) -> list[Row]:
    """The rows of a CSV file with a header line."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def weight(row: Row) -> int:
    """How many people a name stands for, roughly: population, bus stops x 120, or a fixed figure by kind."""
    fixed = {"district": DISTRICT, "county": COUNTY, "country": COUNTY}.get(row["type"], LEAST)
    return max(int(row["pop"] or 0), PER_STOP * int(row["stops"] or 0), fixed)


def weigh(places: list[Row], district_of: dict[str, str], corrections: list[list[str]]) -> Weights:
    """Each normal name with its heaviest weight in each served district and in each nation elsewhere."""
    names: Weights = defaultdict(dict)
    for row in places:
        code = row["lad_code"]
        if _UNFIT.search(row["name"]) or (row["type"] == "county" and row["lad_code"]):
            continue
        if not code and row["county"] in {"Cheshire", "Derbyshire", "Hertfordshire", "Staffordshire", "West Midlands"}:
            continue  # the five areas are aliases, kept by hand
        where = district_of.get(code) or NATIONS.get(code[:1] or "E", "england")
        if row["name"] in {"Scotland", "Wales", "Northern Ireland"}:
            where = row["name"].lower().replace(" ", "-")
        found = names[normal(row["name"])]
        found[where] = max(found.get(where, 0), weight(row))
    for name, where, heavy in corrections:
        names[name][where] = int(heavy)
        if heavy == "0":
            del names[name][where]
    return {name: found for name, found in names.items() if len(name) > 1 and found}


def served_lines(names: Weights, served: set[str]) -> list[str]:
    """One line for each name in a served district: the name, then each place with its weight, heaviest first."""
    lines = []
    for name, found in sorted(names.items()):
        if served & set(found):
            parts = sorted(found.items(), key=lambda item: (-item[1], item[0]))
            lines.append("\t".join([name, *(f"{where} {heavy}" for where, heavy in parts)]))
    return lines


def elsewhere_lines(names: Weights, served: set[str]) -> list[str]:
    """All other names, under a line ``=NATIONS SIZE``, SIZE = 10 x log10(weight); several nations if near in weight."""
    sections: dict[tuple[str, int], list[str]] = defaultdict(list)
    for name, found in names.items():
        if served & set(found):
            continue
        heavy = max(found.values())
        near = sorted(nation for nation, value in found.items() if value * 5 > heavy)
        sections["+".join(near), round(10 * math.log10(heavy))].append(name)
    lines = []
    for (nations, size), members in sorted(sections.items()):
        lines += [f"={nations} {size}", *sorted(members)]
    return lines


def postcode_lines(districts: list[Row], sectors: list[Row]) -> list[str]:
    """Served outward codes with the per-mille of their postcodes by place; the sectors too where the code is split."""
    shares: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for row in districts + sectors:
        code = row.get("district") or row.get("sector") or ""
        shares[code][row["district_id"] or NATIONS.get(row["lad_code"][:1], "other")] += float(row["share"])
    touched = {row["district"] for row in districts if row["district_id"]}
    split = {code for code in touched if max(shares[code].values()) < 0.995}
    lines = []
    for code in sorted(shares):
        outward = code.split()[0]
        if code in touched or (" " in code and outward in split):
            parts = sorted(shares[code].items(), key=lambda item: (-item[1], item[0]))
            per_mille = (f"{where} {round(share * 1000)}" for where, share in parts if share >= 0.001)
            lines.append("\t".join([code, *per_mille]))
    return lines


def outward_lines(districts: list[Row]) -> list[str]:
    """Every outward code: letters, nation, then the districts; a second line where a nation's border runs through."""
    best: dict[str, tuple[float, str]] = {}
    for row in districts:
        share, code = float(row["share"]), row["lad_code"][:1] or ("N" if row["district"].startswith("BT") else "")
        nation = NATIONS.get(code, "other")
        best[row["district"]] = max(best.get(row["district"], (0.0, "")), (share, nation))
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for code, (_, nation) in best.items():
        letters = code.rstrip("0123456789") if code[-1].isdigit() else re.match(r"[A-Z]+", code)[0]  # type: ignore[index]
        groups[letters, nation].append(code[len(letters) :])
    return [f"{letters}\t{nation}\t{' '.join(sorted(codes, key=lambda c: (len(c), c)))}"
            for (letters, nation), codes in sorted(groups.items())]  # fmt: skip


def main(argv: list[str]) -> int:
    """Writes the four generated tables; 0, or 2 with one line on standard error where the folder is not usable."""
    if len(argv) != 1 or not Path(argv[0], "places.csv").is_file():
        print("usage: python -m knowledge.places.build FOLDER_WITH_PLACES_CSV", file=sys.stderr)
        return 2
    folder = Path(argv[0])
    district_of = {row["lad_code"]: row["district_id"] for row in rows(folder / "served_lads.csv")}
    served = set(district_of.values())
    kept = (SEEDS / "corrections.tsv").read_text(encoding="utf-8").splitlines()
    corrections = [line.split("\t")[:3] for line in kept if line and not line.startswith("#")]
    names = weigh(rows(folder / "places.csv"), district_of, corrections)
    districts = rows(folder / "postcode_districts.csv")
    tables = {
        "served.tsv": served_lines(names, served),
        "elsewhere.txt": elsewhere_lines(names, served),
        "postcodes.tsv": postcode_lines(districts, rows(folder / "postcode_sectors_served.csv")),
        "outward.tsv": outward_lines(districts),
    }
    for name, lines in tables.items():
        (SEEDS / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(f"{name}: {len(lines)} lines")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
