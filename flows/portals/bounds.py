"""Bounds of portals and runs: where their files stand, what a run measured, and what past runs would propose.

    HOME/portals/<portal>.bounds.toml       beside the portal's YAML; for a packaged or registered portal, too
    spiders/portals/<portal>.bounds.toml    beside a packaged portal; the one in HOME goes first
    HOME/run.bounds.toml                    the run as a whole

What they may bound and how is `expectations.judging.bounds`. Nothing is proposed but on demand, and nothing proposed is ever used unread.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_UP, Decimal
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import islice
from pathlib import Path

from budget.states import DocumentState, RunState
from expectations.judging.bounds import Bound, BoundsError, MeasuredRun, judge_runs, measures, parse_bounds
from flows.home import House
from flows.run_summary import DocumentOutcome, Measured, Outside, RunSummary
from spiders.summary import PortalSummary
from warehouse import Warehouse

ENDING = ".bounds.toml"
WHOLE_RUN = "run"
MAX_BYTES = 64 * 1024
NIGHTS = 10
"""How many past nights speak for a portal that has no bounds."""
LOOKED_AT = 60
"""Nights whose summaries are read for them: two months."""
SLACK = Decimal("0.2")
"""A proposal leaves a fifth of room on both sides of what was measured."""

Values = Mapping[str, Decimal | None]


# --------------------------------------------------------------------------- files


def bounds_file(house: House, whose: str) -> Path | Traversable | None:
    """The file that bounds a portal (or `run`), None when there is none. `whose` is an id, never a path."""
    own = house.home / f"{WHOLE_RUN}{ENDING}" if whose == WHOLE_RUN else house.portals / f"{whose}{ENDING}"
    if own.is_file():
        return own
    packaged = resources.files("spiders").joinpath("portals", f"{whose}{ENDING}")
    return packaged if whose != WHOLE_RUN and packaged.is_file() else None


def read_bounds(house: House, portals: Iterable[str]) -> dict[str, tuple[dict[str, Bound], str]]:
    """Bounds and their file's name, by portal and for `run`, of those that have any. Raises BoundsError for a wrong file."""
    found = {}
    for whose in (*portals, WHOLE_RUN):
        file = bounds_file(house, whose)
        if file is not None:
            found[whose] = (_read(file), _named(file, house))
    return found


def _read(file: Path | Traversable) -> dict[str, Bound]:
    data = file.read_bytes()
    if len(data) > MAX_BYTES:
        raise BoundsError(f"{file}: {len(data)} bytes; a file of bounds has at most {MAX_BYTES}")
    try:
        return parse_bounds(data.decode("utf-8"), str(file))
    except UnicodeDecodeError as error:
        raise BoundsError(f"{file}: not UTF-8 at byte {error.start}") from None


def _named(file: Path | Traversable, house: House) -> str:
    path = Path(str(file))
    return str(path.relative_to(house.home)) if path.is_relative_to(house.home) else str(path)


def complaints_of_bounds(house: House, known: Iterable[str]) -> list[str]:
    """What the linter says: files that cannot be used, and files that bound no portal that is known."""
    ids = {*known}
    told = []
    for file in sorted(house.portals.glob(f"*{ENDING}")) if house.portals.is_dir() else []:
        whose = file.name.removesuffix(ENDING)
        if whose not in ids and not whose.startswith("reg_"):
            told.append(f"{file}: there is no portal `{whose}` for these bounds")
    for whose in (*sorted(ids), WHOLE_RUN):
        file_of = bounds_file(house, whose)
        try:
            if file_of is not None:
                _read(file_of)
        except BoundsError as wrong:
            told.append(str(wrong))
    return told


# --------------------------------------------------------------------------- what a run measured

LOADED = (DocumentState.LOADED, DocumentState.TAKEN_APART)
_HELD = """
    SELECT DISTINCT s.portal AS portal, v.sha256 AS sha256, v.state AS state, v.agency AS agency
    FROM sightings s JOIN document_versions v ON v.sha256 = s.sha256
    WHERE v.state NOT IN ('superseded', 'taken_apart', 'not_a_disclosure')
"""
_WAITING = "state IN ('in_review', 'failed', 'withdrawn')"


def measure(
    warehouse: Warehouse, nights: Sequence[PortalSummary], documents: Sequence[DocumentOutcome]
) -> tuple[Measured, ...]:
    """What this run measures: of each portal that it crawled, and of the run as a whole (all portals together)."""
    read_at = _read_at(warehouse, [one.sha256 for one in documents])
    held = _held(warehouse)
    rows = []
    for night in nights:
        mine = [one for one in documents if night.portal in read_at.get(one.sha256, ())]
        rows.append(_measured(night.portal, [night], mine, held.get(night.portal, {})))
    rows.append(_measured(WHOLE_RUN, nights, documents, held[WHOLE_RUN]))
    return tuple(rows)


def _measured(
    whose: str, nights: Sequence[PortalSummary], documents: Sequence[DocumentOutcome], held: Mapping[str, int]
) -> Measured:
    got = sum(night.new + night.unchanged for night in nights)
    missed = sum(sum(night.failed.values()) + sum(night.blocked.values()) for night in nights)
    not_loaded = sum(one.state not in LOADED for one in documents)
    kept = held.get("documents", 0)
    counted = {
        "list_rows": sum(night.rows_fetched for night in nights), "found": sum(night.found for night in nights),
        "new": sum(night.new for night in nights),
    } if nights else {}  # fmt: skip
    values: dict[str, Decimal | None] = {name: Decimal(count) for name, count in counted.items()}
    values |= {
        "share_failed": share("share_failed", missed, missed + got),
        "read": Decimal(len(documents)),
        "share_in_review_tonight": share("share_in_review_tonight", not_loaded, len(documents)),
        "documents": Decimal(kept),
        "statements": Decimal(held.get("statements", 0)),
        "departments": Decimal(held.get("departments", 0)),
        "share_in_review": share("share_in_review", held.get("waiting", 0), kept),
    }
    return Measured(whose=whose, values=values)


def share(name: str, part: int, whole: int) -> Decimal | None:
    """A share to four digits; None where the whole is too small to say anything."""
    if whole < measures()[name].fewest:
        return None
    return (Decimal(part) / whole).quantize(Decimal("0.0001"))


def _read_at(warehouse: Warehouse, shas: Sequence[str]) -> dict[str, set[str]]:
    wanted = {*shas}
    found: dict[str, set[str]] = {}
    if wanted:
        for row in warehouse.rows("SELECT DISTINCT sha256, portal FROM sightings WHERE sha256 IS NOT NULL"):
            if row["sha256"] in wanted:
                found.setdefault(row["sha256"], set()).add(row["portal"])
    return found


def _held(warehouse: Warehouse) -> dict[str, dict[str, int]]:
    """Documents, waiting ones, departments and statements in the warehouse, by portal and for `run`."""
    counts = f"count(*) AS documents, count(DISTINCT agency) AS departments, sum(CASE WHEN {_WAITING} THEN 1 ELSE 0 END) AS waiting"
    found: dict[str, dict[str, int]] = {}
    for row in warehouse.rows(f"SELECT portal, {counts} FROM ({_HELD}) AS held GROUP BY portal"):
        found[row["portal"]] = {name: int(row[name] or 0) for name in ("documents", "departments", "waiting")}
    for row in warehouse.rows(
        f"SELECT held.portal AS portal, count(*) AS statements FROM ({_HELD}) AS held JOIN statements t ON t.sha256 = held.sha256 "
        "GROUP BY held.portal"
    ):
        found[row["portal"]]["statements"] = int(row["statements"])
    once = f"SELECT DISTINCT sha256, state, agency FROM ({_HELD}) AS held"
    (whole,) = warehouse.rows(f"SELECT {counts} FROM ({once}) AS one")
    (printed,) = warehouse.rows(
        f"SELECT count(*) AS statements FROM ({once}) AS one JOIN statements t ON t.sha256 = one.sha256"
    )
    found[WHOLE_RUN] = {name: int(whole[name] or 0) for name in ("documents", "departments", "waiting")}
    found[WHOLE_RUN]["statements"] = int(printed["statements"])
    return found


def outside(house: House, measured: Sequence[Measured]) -> tuple[Outside, ...]:
    """What fell outside its bounds, judged by Great Expectations."""
    bounds = read_bounds(house, [one.whose for one in measured if one.whose != WHOLE_RUN])
    rows = [MeasuredRun(one.whose, one.values, *bounds.get(one.whose, ({}, ""))) for one in measured]
    return tuple(Outside.model_validate(one) for one in judge_runs(rows))


# --------------------------------------------------------------------------- what past runs propose


def history(house: House, whose: str, nights: int = NIGHTS) -> list[Values]:
    """What the last nights that ended ok measured of a portal (or `run`), newest first; of the last `LOOKED_AT` nights at most."""
    folders = sorted(house.runs.glob("*-nightly-*"), reverse=True)[:LOOKED_AT]
    found = (_measured_by(folder).get(whose) for folder in folders if (folder / "summary.json").is_file())
    return list(islice((values for values in found if values is not None), nights))


@lru_cache(maxsize=LOOKED_AT)
def _measured_by(folder: Path) -> dict[str, Values]:
    """What one night measured, by portal; nothing when it did not end ok. A summary is written once."""
    summary = RunSummary.read(folder)
    return {one.whose: one.values for one in summary.measured} if summary.state is RunState.OK else {}


def proposal(whose: str, past: Sequence[Values]) -> str:
    """A file of bounds as the past nights would have it, for a person to read, to explain and to save.

    `because` is left empty: a file that nobody explained is refused.
    """
    lines = [
        f"# {whose}: proposed from {len(past)} {'night' if len(past) == 1 else 'nights'}; a person decides. Explain the run before moving a bound.",
        "# 由以往运行推算，须由人核定；先说明运行，再改界限。",
    ]
    for name, one in measures().items():
        seen = [value for values in past if (value := values.get(name)) is not None]
        if not seen or name in ("new", "read"):  # nights differ in these by their nature
            continue
        low, high = min(seen), max(seen)
        lines += ["", f"[{name}]  # {one.zh}: {_plain(low)} – {_plain(high)}"]
        if one.kind == "count":
            lines.append(f"min = {(low * (1 - SLACK)).to_integral_value(ROUND_FLOOR)}")
            if name in ("list_rows", "found"):
                lines.append(f"max = {(high * (1 + SLACK)).to_integral_value(ROUND_CEILING)}")
        else:
            lines.append(f"max = {min(Decimal(1), high + SLACK).quantize(Decimal('0.01'), ROUND_UP)}")
        lines.append('because = ""')
    return "\n".join(lines) + "\n"


def _plain(value: Decimal) -> str:
    return f"{value.quantize(Decimal('0.0001'), ROUND_DOWN).normalize():f}"


def remark_of(house: House, whose: str) -> str:
    """What `portals status` says of a portal without bounds: what past nights found; nothing when it has bounds, or no nights."""
    if bounds_file(house, whose) is not None:
        return ""
    found = [value for values in history(house, whose) if (value := values.get("found")) is not None]
    if not found:
        return ""
    span = f"{_plain(min(found))}–{_plain(max(found))}" if min(found) != max(found) else _plain(found[0])
    return f"found {span} in {len(found)} {'night' if len(found) == 1 else 'nights'}"
