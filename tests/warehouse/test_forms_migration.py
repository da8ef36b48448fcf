"""A warehouse from before forms were known: its statements get their form, its rules are kept under the form's new name."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime

from alembic import command
from sqlalchemy import Connection, insert, text

from budget.disclosure import Disclosure
from budget.known_forms import form_of
from budget.printed_text import fold, squeeze
from budget.states import DocumentState
from warehouse import tables
from warehouse.store import Warehouse, alembic_config

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def to_revision(warehouse: Warehouse, work: Callable[..., object], revision: str) -> None:
    def run(connection: Connection) -> None:
        config = alembic_config()
        config.attributes["connection"] = connection
        work(config, revision)

    warehouse.transact(run)


def name_before(disclosure: Disclosure) -> str:
    """The fingerprint that causes had: kind and header paths, a # for each digit, ten hexadecimal digits."""
    statement = disclosure.statements[0]
    signs = str.maketrans("0123456789", "##########")
    paths = ["/".join(squeeze(fold(part)).translate(signs) for part in path) for path in statement.columns]
    return hashlib.sha256("\n".join([statement.kind, *paths]).encode()).hexdigest()[:10]


def test_statements_get_their_form_and_a_confirmed_rule_holds_for_it_under_its_new_name(
    warehouse: Warehouse, disclosure: Callable[..., Disclosure]
) -> None:
    stored = disclosure()
    warehouse.store(stored, state=DocumentState.LOADED)
    to_revision(warehouse, command.downgrade, "0006")
    before = f"BAL-05/publisher/{name_before(stored)}"

    def keep(connection: Connection) -> None:
        for number, state in enumerate(("confirmed", "revoked")):
            connection.execute(
                insert(tables.review_rules).values(
                    rule_id=f"q-{number}", state=state, action="accept", cause=before if not number else f"{before}x",
                    note="印刷如此", changed_by="王", changed_at=NOW,
                )
            )  # fmt: skip
        connection.execute(
            text("INSERT INTO review_items (item_id, stage, state, summary, cause, form) VALUES ('R-1', 'validate', 'open', '', :c, :f)"),
            {"c": before, "f": name_before(stored)},
        )  # fmt: skip

    warehouse.transact(keep)
    warehouse.migrate()
    form = form_of(stored.statements[0])
    assert {row["form"] for row in warehouse.rows("SELECT form FROM statements")} == {form}
    rules = {(row["rule_id"], row["state"]): row["cause"] for row in warehouse.rows("SELECT * FROM review_rules")}
    new = f"BAL-05/publisher/{form}"
    renamed = f"q-{hashlib.sha256(f'accept {new}'.encode()).hexdigest()[:10]}"
    assert rules == {("q-0", "confirmed"): before, ("q-1", "revoked"): f"{before}x", (renamed, "confirmed"): new}
    assert warehouse.rows("SELECT cause FROM review_items WHERE item_id = 'R-1'") == [{"cause": None}]
    assert warehouse.rows("SELECT form, documents FROM forms") == [{"form": form, "documents": 1}]
