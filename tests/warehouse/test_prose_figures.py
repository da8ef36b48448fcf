"""Figures of the narrative are kept as printed, with what they are for and the year a change is measured against."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from sqlalchemy import text

from budget.disclosure import Disclosure, PagePlace, ProseFact
from budget.states import DocumentState, Reason
from warehouse import Warehouse


def test_a_prose_figure_keeps_its_printed_form_name_and_base_year(
    warehouse: Warehouse, disclosure: Callable[..., Disclosure]
) -> None:
    told = ProseFact(
        topic="agency_running_item", amount="18.10", unit="万元", raw="18.10", name="办公费", fiscal_year=2024, base_year=2023,
        sentence="其中：办公费18.10万元，比2023年增加。", at=PagePlace(page=7, bbox=(1.0, 2.0, 3.0, 4.0)),
    )  # fmt: skip
    bare = ProseFact(topic="total_expenditure", amount="19302", unit="万元", sentence="支出19,302万元。")
    read = disclosure().model_copy(update={"prose_facts": (told, bare)})
    warehouse.store(read, state=DocumentState.LOADED)
    asked = "SELECT topic, name, raw, fiscal_year, base_year, amount_exact, page FROM prose_current ORDER BY prose_no"
    assert warehouse.rows(asked) == [
        {"topic": "agency_running_item", "name": "办公费", "raw": "18.10", "fiscal_year": 2024, "base_year": 2023,
         "amount_exact": Decimal("18.10"), "page": 7},
        {"topic": "total_expenditure", "name": None, "raw": None, "fiscal_year": 2024, "base_year": None,
         "amount_exact": Decimal("19302"), "page": None},
    ]  # fmt: skip
    assert warehouse.disclosure(read.document.sha256) == read


def test_the_prose_of_a_document_in_review_is_not_current(
    warehouse: Warehouse, disclosure: Callable[..., Disclosure]
) -> None:
    bare = ProseFact(topic="total_expenditure", amount="19302", raw="19,302", unit="万元", sentence="支出19,302万元。")
    read = disclosure().model_copy(update={"prose_facts": (bare,)})
    warehouse.store(read, state=DocumentState.IN_REVIEW, reason=Reason.CHECKS_FAILED)
    assert warehouse.rows("SELECT * FROM prose_current") == []
    assert warehouse.rows("SELECT raw FROM prose_facts") == [{"raw": "19,302"}]


def test_a_warehouse_of_the_first_schema_keeps_its_rows(
    empty_database: str, disclosure: Callable[..., Disclosure]
) -> None:
    from alembic import command

    from warehouse.store import alembic_config

    def at(warehouse: Warehouse, revision: str) -> None:
        def run(connection: object) -> None:
            config = alembic_config()
            config.attributes["connection"] = connection
            (command.upgrade if revision == "0001" else command.downgrade)(config, revision)

        warehouse.transact(run)

    with Warehouse.open(empty_database) as warehouse:
        at(warehouse, "0001")
        old = {"sha": "a" * 64, "topic": "total_expenditure", "sentence": "支出1万元。"}
        with warehouse.engine.begin() as connection:
            connection.execute(text("INSERT INTO documents (document_id, root_sha256) VALUES ('D', :sha)"), old)
            connection.execute(
                text(
                    "INSERT INTO document_versions (sha256, document_id, version_no, recipe, state) "
                    "VALUES (:sha, 'D', 1, 'r', 'loaded')"
                ),
                old,
            )
            connection.execute(
                text("INSERT INTO prose_facts (sha256, prose_no, topic, sentence) VALUES (:sha, 0, :topic, :sentence)"),
                old,
            )
        warehouse.migrate()
        assert warehouse.rows("SELECT topic, raw, name, base_year FROM prose_current") == [
            {"topic": "total_expenditure", "raw": None, "name": None, "base_year": None}
        ]
