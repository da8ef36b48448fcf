"""The documents that may stand beside one just read: same body, or department and units of one region and year."""

from __future__ import annotations

from budget.disclosure import Document
from budget.states import DocumentState
from warehouse.same_subject import documents_of, neighbours_of
from warehouse.store import Warehouse


def found(warehouse: Warehouse, **about: object) -> str:
    """The first letters of the neighbours of one document, in the order they come."""
    values: dict[str, object] = {
        "file": "x", "sha256": "f" * 64, "reader": "pdf", "kind": "department_budget", "agency": "甲局", "region": "某县",
        "fiscal_year": 2024, **about,
    }  # fmt: skip
    with warehouse.engine.connect() as connection:
        return "".join(one.document.sha256[0] for one in neighbours_of(connection, [Document.model_validate(values)]))


def fill(warehouse: Warehouse, disclosure) -> None:
    for letter, agency, year, more in (
        ("1", "甲局", 2024, {"kind": "final_account"}), ("2", "甲局", 2023, {}), ("3", "甲局", 2022, {}), ("4", "乙局", 2024, {}),
        ("5", "乙局幼儿园", 2024, {"kind": "unit_budget"}), ("6", "丙局幼儿园", 2024, {"kind": "unit_budget", "region": "他县"}),
        ("7", "甲局", 2024, {"region": None}),
    ):  # fmt: skip
        given = {"region": "某县", **more}
        warehouse.store(
            disclosure(sha256=letter * 64, agency=agency, year=year, **given), state=DocumentState.IN_REVIEW
        )


def test_the_same_agency_counts_in_the_years_beside_and_units_count_for_departments(
    warehouse: Warehouse, disclosure
) -> None:
    fill(warehouse, disclosure)
    assert found(warehouse) == "1257"
    assert found(warehouse, agency="乙局幼儿园", kind="unit_budget") == "45"
    assert found(warehouse, fiscal_year=2021) == "3"
    assert found(warehouse, agency=None) == found(warehouse, fiscal_year=None) == ""
    assert found(warehouse, region=None, agency="乙局") == "4"


def test_rejected_unread_and_replaced_versions_are_nobodys_neighbours(
    warehouse: Warehouse, disclosure, sighting
) -> None:
    warehouse.record_sighting(sighting("0" * 64))
    for letter, state in (("1", DocumentState.LOADED), ("2", DocumentState.REJECTED), ("3", DocumentState.LOADED)):
        warehouse.store(disclosure(sha256=letter * 64, agency="甲局", region="某县"), state=state)
    assert found(warehouse) == "13"
    with warehouse.engine.connect() as connection:
        documents = documents_of(connection, ["0" * 64, "1" * 64, "2" * 64, "9" * 64])
    assert (documents["2" * 64], documents["1" * 64] is None, "9" * 64 in documents) == (None, False, False)
    later = sighting("4" * 64, replaces_sha256="1" * 64)
    warehouse.record_sighting(later)
    assert found(warehouse) == "3", "a newer version is on its way: the old one is not compared any more"
    with warehouse.engine.connect() as connection:
        documents = documents_of(connection, ["1" * 64, "4" * 64])
    assert documents["1" * 64] is None and documents["4" * 64] is not None
