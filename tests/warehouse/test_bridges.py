"""Bridges: proposed by codes and names, counted when a person has confirmed them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from budget.disclosure import Disclosure
from budget.states import DocumentState
from warehouse.bridges import BridgeError, add, bridges, decide, propose
from warehouse.store import Warehouse

REGION = "河北省秦皇岛市海港区"
Make = Callable[..., Disclosure]


def load(warehouse: Warehouse, disclosure: Make, sha256: str, agency: str, year: int, **told: object) -> None:
    read = disclosure(["100"], sha256=sha256 * 64, agency=agency, year=year, **told)
    total = read.facts[0].model_copy(update={"role": "total", "code": "", "code_system": None})
    warehouse.store(read.model_copy(update={"facts": (total,)}), state=DocumentState.LOADED)


def departments(warehouse: Warehouse) -> list[tuple[str, int, str | None]]:
    asked = "SELECT department, fiscal_year, part_of FROM figures WHERE measure = 'expenditure_general_budget' ORDER BY fiscal_year, department"
    return [(row["department"], row["fiscal_year"], row["part_of"]) for row in warehouse.rows(asked)]


def test_a_renamed_department_is_proposed_by_its_code_and_counts_when_confirmed(
    warehouse: Warehouse, disclosure: Make
) -> None:
    load(warehouse, disclosure, "a", "文化广播影视局", 2018, agency_code="361")
    load(warehouse, disclosure, "b", "文化和旅游局", 2019, agency_code="361")
    (name,) = propose(warehouse)
    (found,) = bridges(warehouse)
    assert (found["from_agency"], found["to_agency"], found["state"]) == ("文化广播影视局", "文化和旅游局", "proposed")
    assert "361" in found["why"]
    assert departments(warehouse) == [("文化广播影视局", 2018, None), ("文化和旅游局", 2019, None)]
    decide(warehouse, name[:6], confirmed=True, by="li", source="机构改革方案")
    assert departments(warehouse) == [("文化和旅游局", 2018, None), ("文化和旅游局", 2019, None)]
    decide(warehouse, name, confirmed=False, by="li")
    assert departments(warehouse)[0][0] == "文化广播影视局"
    assert propose(warehouse) == []  # a person has spoken


def test_a_like_name_that_goes_on_is_proposed(warehouse: Warehouse, disclosure: Make) -> None:
    load(warehouse, disclosure, "a", "环境保护局", 2018)
    load(warehouse, disclosure, "b", "生态环境保护局", 2019)
    load(warehouse, disclosure, "c", "财政局", 2018)
    load(warehouse, disclosure, "d", "财政局", 2019)
    propose(warehouse)
    assert [(one["from_agency"], one["to_agency"]) for one in bridges(warehouse)] == [("环境保护局", "生态环境保护局")]


def test_bodies_of_one_year_are_never_proposed_as_renamed(warehouse: Warehouse, disclosure: Make) -> None:
    load(warehouse, disclosure, "a", "生态环境局", 2019, agency_code="361")
    load(warehouse, disclosure, "b", "生态环境局一分局", 2019, agency_code="361")
    assert propose(warehouse) == []


def test_a_unit_of_a_department_is_counted_in_it(warehouse: Warehouse, disclosure: Make) -> None:
    load(warehouse, disclosure, "a", "民政局", 2024)
    load(warehouse, disclosure, "b", "民政局救助站", 2024, kind="unit_budget")
    (name,) = propose(warehouse)
    decide(warehouse, name, confirmed=True, by="li", source="部门预算")
    assert departments(warehouse) == [("民政局", 2024, None), ("民政局救助站", 2024, "民政局")]


def test_names_follow_each_other_and_a_circle_is_refused(warehouse: Warehouse, disclosure: Make) -> None:
    load(warehouse, disclosure, "a", "甲局", 2017)
    add(warehouse, "renamed", (REGION, "甲局"), (REGION, "乙局"), by="li", source="x")
    add(warehouse, "merged", (REGION, "乙局"), (REGION, "丙局"), by="li", source="x")
    assert departments(warehouse) == [("丙局", 2017, None)]
    with pytest.raises(BridgeError, match="circle"):
        add(warehouse, "renamed", (REGION, "丙局"), (REGION, "甲局"), by="li", source="x")
    assert departments(warehouse) == [("丙局", 2017, None)]
    with pytest.raises(BridgeError, match="already"):
        add(warehouse, "renamed", (REGION, "甲局"), (REGION, "丁局"), by="li", source="x")


def test_a_split_moves_no_figure(warehouse: Warehouse, disclosure: Make) -> None:
    load(warehouse, disclosure, "a", "甲局", 2017)
    add(warehouse, "split", (REGION, "甲局"), (REGION, "乙局"), by="li", source="x")
    assert departments(warehouse) == [("甲局", 2017, None)]


def test_what_is_no_bridge_is_told(warehouse: Warehouse) -> None:
    with pytest.raises(BridgeError, match="no bridge begins"):
        decide(warehouse, "B-none", confirmed=True, by="li", source="x")
    with pytest.raises(BridgeError, match="renamed"):
        add(warehouse, "eaten", (REGION, "a"), (REGION, "b"), by="li", source="x")
    with pytest.raises(BridgeError, match="itself"):
        add(warehouse, "renamed", (REGION, "a"), (REGION, "a"), by="li", source="x")
