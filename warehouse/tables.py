"""The schema. Names end in their unit; keys come from content (sha256 and place in the reading), never from a counter.

`docs/warehouse.md` explains it to analysts; `migrations/` is how a database gets there and `tests/warehouse` prove that
both agree. Tables named in `RUN_BOUND` and columns named in `RUN_COLUMNS` say when and by whom a row was written; all the
rest is content and must be equal however often a run was killed and resumed.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from warehouse.exact_decimal import ExactDecimal

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMES)

Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class Moment(TypeDecorator[datetime]):
    """A point in time, always with its zone in Python. SQLite drops zones, so there it is kept in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a point in time needs its zone: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)


def _place() -> list[Column[object]]:
    """Where something stands: page and box in points from the top left, or sheet and cell, or table, row and column."""
    return [
        Column("page", Integer),
        Column("x0", Float), Column("top", Float), Column("x1", Float), Column("bottom", Float),
        Column("sheet", Text), Column("cell", Text),
        Column("table_no", Integer), Column("table_row", Integer), Column("table_col", Integer),
    ]  # fmt: skip


def _of_version() -> Column[str]:
    return Column("sha256", Text, ForeignKey("document_versions.sha256", ondelete="CASCADE"), nullable=False)


documents = Table(
    "documents", metadata,
    Column("document_id", Text, primary_key=True),
    Column("root_sha256", Text, nullable=False),
    Column("sighting_id", Text),
    Column("head_seen_at", Moment),
)  # fmt: skip
"""The logical document: all versions that stood under one address. `sighting_id`: the address it is quoted by."""

document_versions = Table(
    "document_versions", metadata,
    Column("sha256", Text, primary_key=True),
    Column("document_id", Text, ForeignKey("documents.document_id"), nullable=False, index=True),
    Column("version_no", Integer, nullable=False),
    Column("supersedes_sha256", Text),
    Column("recipe", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("error_message", Text),
    Column("file", Text),
    Column("size_bytes", BigInteger),
    Column("agency", Text), Column("agency_code", Text), Column("region", Text),
    Column("fiscal_year", Integer),
    Column("kind", Text),
    Column("title", Text),
    Column("reader", Text),
    Column("pages", Integer),
    Column("facts", Integer, nullable=False, server_default="0"),
    Column("errors", Integer, nullable=False, server_default="0"),
    Column("warnings", Integer, nullable=False, server_default="0"),
    Column("content_digest", Text),
    Column("forms_known", Text, nullable=False, server_default=""),
    Column("run_id", Text),
    Column("first_stored_at", Moment), Column("stored_at", Moment), Column("loaded_at", Moment),
    Index("ix_document_versions_state", "state", "reason"),
    Index("ix_document_versions_subject", "region", "agency", "fiscal_year", "kind"),
    Index("ix_document_versions_agency", "agency", "fiscal_year"),
    Index(
        "uq_document_versions_one_loaded", "document_id", unique=True,
        sqlite_where=text("state = 'loaded'"), postgresql_where=text("state = 'loaded'"),
    ),
)  # fmt: skip
"""One file content. The index `one_loaded` makes it impossible that two versions of a document are loaded at once. `forms_known`:
the digest of what was known of its forms when it was judged, '' where nothing was (`budget.known_forms`)."""

sightings = Table(
    "sightings", metadata,
    Column("sighting_id", Text, primary_key=True),
    Column("sha256", Text, index=True),
    Column("portal", Text, nullable=False), Column("family", Text, nullable=False),
    Column("list_url", Text, nullable=False), Column("article_url", Text, nullable=False),
    Column("article_title", Text, nullable=False),
    Column("url", Text), Column("link_text", Text), Column("column_name", Text),
    Column("published_at", Date), Column("date_source", Text), Column("source_org", Text),
    Column("region", Text), Column("fiscal_year", Integer), Column("document_kind", Text),
    Column("outcome", Text, nullable=False), Column("reason", Text), Column("detail", Text),
    Column("size_bytes", BigInteger), Column("content_type", Text), Column("etag", Text), Column("last_modified", Text),
    Column("replaces_sha256", Text),
    Column("first_seen_at", Moment, nullable=False), Column("last_seen_at", Moment, nullable=False),
    Column("run_id", Text),
    Index("ix_sightings_url", "url"),
    Index("ix_sightings_portal", "portal", "outcome"),
)  # fmt: skip
"""One file (or a place where one should be) on one article of one column. Seen again: `last_seen_at` moves on."""

readings = Table(
    "readings", metadata,
    _of_version(),
    Column("role", Text, nullable=False),
    Column("recipe", Text, nullable=False),
    Column("disclosure_zlib", LargeBinary, nullable=False),
    PrimaryKeyConstraint("sha256", "role"),
)  # fmt: skip
"""The whole reading as contract JSON, deflated. role `current`; role `published`: what had been loaded before a
contradicting reading took it back, kept until a reading is loaded again."""

statements = Table(
    "statements", metadata,
    _of_version(),
    Column("statement_id", Text, nullable=False),
    Column("statement_no", Integer, nullable=False),
    Column("kind", Text, nullable=False), Column("title", Text), Column("unit", Text), Column("fiscal_year", Integer),
    Column("pages", Json, nullable=False), Column("columns", Json, nullable=False), Column("notes", Json, nullable=False),
    Column("printed_rows", Integer, nullable=False),
    Column("declared_empty", Boolean, nullable=False),
    Column("confidence", Float),
    Column("form", Text),
    PrimaryKeyConstraint("sha256", "statement_id"),
    Index("ix_statements_kind", "kind"),
    Index("ix_statements_form", "form"),
)  # fmt: skip
"""`form`: the fingerprint of the form it is printed on (`budget.known_forms`)."""

facts = Table(
    "facts", metadata,
    _of_version(),
    Column("fact_no", Integer, nullable=False),
    Column("fact_id", Text, nullable=False),
    Column("statement_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("printed_row", Integer, nullable=False), Column("printed_col", Integer, nullable=False),
    Column("column_path", Json, nullable=False), Column("column_text", Text, nullable=False),
    Column("side", Text),
    Column("code", Text, nullable=False), Column("code_system", Text), Column("alt_code", Text),
    Column("name", Text, nullable=False), Column("ordinal", Text),
    Column("role", Text, nullable=False),
    Column("measure", Text, nullable=False), Column("item", Text), Column("fund", Text),
    Column("fiscal_year", Integer), Column("basis", Text),
    Column("raw", Text, nullable=False),
    Column("amount_wan", ExactDecimal, nullable=False),
    Column("amount_fen", BigInteger),
    Column("confidence", Float),
    Column("publisher_discrepancy", Boolean, nullable=False),
    Column("corrected", Boolean, nullable=False),
    *_place(),
    Column("corrected_raw", Text), Column("corrected_by", Text), Column("corrected_why", Text),
    Column("parent_row", Integer),
    PrimaryKeyConstraint("sha256", "fact_no"),
    ForeignKeyConstraint(["sha256", "statement_id"], ["statements.sha256", "statements.statement_id"], ondelete="CASCADE"),
    Index("ix_facts_statement", "sha256", "statement_id"),
    Index("ix_facts_figure", "kind", "code", "measure"),
)  # fmt: skip
"""One money cell a row, of every version: candidates too. What is loaded is in the view `facts_current`."""

projects = Table(
    "projects", metadata,
    _of_version(),
    Column("project_no", Integer, nullable=False),
    Column("code", Text), Column("name", Text, nullable=False),
    Column("amount_wan", ExactDecimal), Column("fiscal_wan", ExactDecimal), Column("other_wan", ExactDecimal),
    Column("executed_wan", ExactDecimal),
    Column("plan", Json, nullable=False), Column("goals", Json, nullable=False),
    *_place(),
    PrimaryKeyConstraint("sha256", "project_no"),
)  # fmt: skip

indicators = Table(
    "indicators", metadata,
    _of_version(),
    Column("project_no", Integer, nullable=False), Column("indicator_no", Integer, nullable=False),
    Column("level1", Text, nullable=False), Column("level2", Text, nullable=False), Column("level3", Text, nullable=False),
    Column("description", Text), Column("operator", Text), Column("value", Text), Column("unit", Text),
    Column("text", Text, nullable=False), Column("basis", Text),
    PrimaryKeyConstraint("sha256", "project_no", "indicator_no"),
)  # fmt: skip

prose_facts = Table(
    "prose_facts", metadata,
    _of_version(),
    Column("prose_no", Integer, nullable=False),
    Column("topic", Text, nullable=False),
    Column("amount_wan", ExactDecimal), Column("percent", Text), Column("count", Text), Column("unit", Text),
    Column("raw", Text), Column("name", Text),
    Column("fiscal_year", Integer), Column("base_year", Integer), Column("sentence", Text, nullable=False),
    *_place(),
    PrimaryKeyConstraint("sha256", "prose_no"),
)  # fmt: skip

findings = Table(
    "findings", metadata,
    _of_version(),
    Column("finding_no", Integer, nullable=False),
    Column("check_id", Text, nullable=False), Column("severity", Text, nullable=False), Column("origin", Text, nullable=False),
    Column("message", Text, nullable=False), Column("statement_id", Text),
    Column("left_value", Text), Column("right_value", Text), Column("difference", Text), Column("tolerance", Text),
    Column("caused_by", Integer),
    PrimaryKeyConstraint("sha256", "finding_no"),
    Index("ix_findings_check", "check_id", "severity"),
)  # fmt: skip

finding_cells = Table(
    "finding_cells", metadata,
    _of_version(),
    Column("finding_no", Integer, nullable=False), Column("cell_no", Integer, nullable=False),
    Column("fact_id", Text), Column("raw", Text, nullable=False),
    *_place(),
    PrimaryKeyConstraint("sha256", "finding_no", "cell_no"),
)  # fmt: skip
"""The cells of a finding, the suspected one first (cell_no 0)."""

reconciliations = Table(
    "reconciliations", metadata,
    _of_version(),
    Column("reconciliation_no", Integer, nullable=False),
    Column("check_id", Text, nullable=False), Column("severity", Text), Column("status", Text, nullable=False),
    Column("statement_id", Text), Column("subject", Text),
    Column("left_value", ExactDecimal), Column("right_value", ExactDecimal), Column("tolerance", ExactDecimal),
    PrimaryKeyConstraint("sha256", "reconciliation_no"),
    Index("ix_reconciliations_check", "check_id", "status"),
)  # fmt: skip
"""Every identity that was computed, also those that hold: status passed, failed or skipped."""

form_outcomes = Table(
    "form_outcomes", metadata,
    _of_version(),
    Column("form", Text, nullable=False), Column("check_id", Text, nullable=False), Column("row_label", Text, nullable=False),
    Column("failed", Boolean, nullable=False), Column("explained", Text, nullable=False),
    PrimaryKeyConstraint("sha256", "form", "check_id", "row_label"),
    Index("ix_form_outcomes_place", "form", "check_id", "row_label"),
    Index(
        "ix_form_outcomes_failed", "form", "check_id", "row_label",
        sqlite_where=text("failed"), postgresql_where=text("failed"),
    ),
    sqlite_with_rowid=False,  # its key is most of a row
)  # fmt: skip
"""How a check fared on one form in a document (`row_label` *), and each row at which it failed, before any decision; `explained`:
the readings under which what fails there would hold, by commas. Summed up in the view `form_checks`."""

form_decisions = Table(
    "form_decisions", metadata,
    Column("decision_id", Text, primary_key=True),
    Column("publisher", Text, nullable=False), Column("form", Text, nullable=False),
    Column("check_id", Text, nullable=False), Column("row_label", Text, nullable=False),
    Column("reading", Text, nullable=False),
    Column("kind", Text), Column("title", Text),
    Column("note", Text, nullable=False), Column("decided_by", Text, nullable=False), Column("decided_at", Moment, nullable=False),
    Column("revoked_by", Text), Column("revoked_at", Moment),
    Index("ix_form_decisions_place", "form", "check_id", "row_label"),
)  # fmt: skip
"""What a person said of a check that fails at one row of a form: a reading of the closed list, never a number."""

unread = Table(
    "unread", metadata,
    _of_version(),
    Column("unread_no", Integer, nullable=False),
    Column("text", Text, nullable=False),
    *_place(),
    PrimaryKeyConstraint("sha256", "unread_no"),
)  # fmt: skip

document_figures = Table(
    "document_figures", metadata,
    _of_version(),
    Column("figure_no", Integer, nullable=False),
    Column("subject", Text, nullable=False), Column("measure", Text, nullable=False),
    Column("fiscal_year", Integer), Column("basis", Text, nullable=False),
    Column("code", Text, nullable=False), Column("code_system", Text), Column("class_code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("amount_wan", ExactDecimal, nullable=False), Column("amount_fen", BigInteger), Column("raw", Text),
    Column("statement", Text), Column("fact_no", Integer), Column("fact_id", Text), Column("prose_no", Integer),
    Column("adds_up", Boolean), Column("publisher_discrepancy", Boolean, nullable=False),
    PrimaryKeyConstraint("sha256", "figure_no"),
)  # fmt: skip
"""What each document answers to plain questions (`warehouse.document_figures`). Which document answers: view `figures`."""

version_history = Table(
    "version_history", metadata,
    _of_version(),
    Column("history_no", Integer, nullable=False),
    Column("state", Text, nullable=False), Column("reason", Text), Column("recipe", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    PrimaryKeyConstraint("sha256", "history_no"),
)  # fmt: skip
"""Every state a version was in and since when, written by triggers. `epoch` says which figures it had: those of that epoch in
`facts_past`, or, where there are none, those in `facts`."""

facts_past = Table(
    "facts_past", metadata,
    _of_version(),
    Column("epoch", Integer, nullable=False), Column("fact_no", Integer, nullable=False),
    Column("fact_id", Text, nullable=False), Column("statement_id", Text, nullable=False),
    Column("kind", Text, nullable=False), Column("column_text", Text, nullable=False),
    Column("side", Text), Column("code", Text, nullable=False), Column("code_system", Text), Column("name", Text, nullable=False),
    Column("role", Text, nullable=False), Column("measure", Text, nullable=False), Column("item", Text), Column("fund", Text),
    Column("fiscal_year", Integer), Column("basis", Text), Column("raw", Text, nullable=False),
    Column("amount_wan", ExactDecimal, nullable=False), Column("amount_fen", BigInteger),
    *_place(),
    PrimaryKeyConstraint("sha256", "epoch", "fact_no"),
)  # fmt: skip
"""Figures that had been loaded and that a later reading changed: what `facts` held before, for as-of queries."""

department_bridges = Table(
    "department_bridges", metadata,
    Column("bridge_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("from_region", Text, nullable=False), Column("from_agency", Text, nullable=False),
    Column("to_region", Text, nullable=False), Column("to_agency", Text, nullable=False),
    Column("effective_on", Date), Column("source", Text),
    Column("state", Text, nullable=False), Column("why", Text, nullable=False),
    Column("proposed_at", Moment, nullable=False), Column("decided_by", Text), Column("decided_at", Moment),
    Index("ix_department_bridges_from", "from_region", "from_agency"),
)  # fmt: skip
"""Departments renamed, merged, split, and units of a department; only `confirmed` ones count. Rules: `warehouse.bridges`."""

department_names = Table(
    "department_names", metadata,
    Column("region", Text, nullable=False), Column("agency", Text, nullable=False),
    Column("department", Text, nullable=False), Column("part_of", Text),
    PrimaryKeyConstraint("region", "agency"),
)  # fmt: skip
"""The name a department goes by today, and the department that a unit's figures are part of; from the confirmed bridges."""

figure_changes = Table(
    "figure_changes", metadata,
    _of_version(),
    Column("against", Text, nullable=False),
    Column("change_no", Integer, nullable=False),
    Column("old_sha256", Text, nullable=False),
    Column("change", Text, nullable=False),
    Column("kind", Text, nullable=False), Column("side", Text), Column("code", Text, nullable=False),
    Column("name", Text, nullable=False), Column("measure", Text, nullable=False), Column("item", Text), Column("fund", Text),
    Column("fiscal_year", Integer), Column("basis", Text), Column("occurrence", Integer, nullable=False),
    Column("old_amount_wan", ExactDecimal), Column("new_amount_wan", ExactDecimal),
    Column("old_raw", Text), Column("new_raw", Text),
    Column("old_place", Json), Column("new_place", Json),
    Column("new_fact_id", Text),
    PrimaryKeyConstraint("sha256", "against", "change_no"),
)  # fmt: skip
"""Figures of `sha256` that differ: against `loaded` (what this version had loaded under an older recipe) or against
`version` (the version of the document it replaces)."""

review_items = Table(
    "review_items", metadata,
    Column("item_id", Text, primary_key=True),
    Column("sha256", Text, unique=True),
    Column("sighting_id", Text, unique=True),
    Column("stage", Text, nullable=False),
    Column("reason", Text),
    Column("state", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("opened_at", Moment), Column("decided_at", Moment), Column("closed_at", Moment),
    Column("cause", Text), Column("check_id", Text), Column("origin", Text), Column("form", Text), Column("portal", Text),
    Column("one_cause", Boolean), Column("place", Text), Column("frees", Integer, nullable=False, server_default="0"),
    Index("ix_review_items_state", "state", "stage", "reason"),
    Index("ix_review_items_cause", "state", "cause"),
    Index("ix_review_items_place", "state", "place", "item_id"),
    Index("ix_review_items_frees", "state", "frees", "item_id"),
)  # fmt: skip
"""One line of the queue: a version that did not load, or a sighting whose file could not be had. `cause` is equal for equal
troubles (review.causes); `one_cause`: nothing else is wrong with the document; `place`: region, agency and year, to sort by; `frees`: figures behind it."""

decisions = Table(
    "decisions", metadata,
    Column("decision_id", Text, primary_key=True),
    Column("sha256", Text, nullable=False, index=True),
    Column("decision_no", Integer, nullable=False),
    Column("action", Text, nullable=False),
    Column("note", Text, nullable=False), Column("decided_by", Text, nullable=False),
    Column("decided_at", Moment, nullable=False),
    Column("decision", Json, nullable=False),
    Index("uq_decisions_order", "sha256", "decision_no", unique=True),
)  # fmt: skip
"""What people decided; never rewritten by an extraction. `decision` is the whole `budget.decisions.Decision`."""

runs = Table(
    "runs", metadata,
    Column("run_id", Text, primary_key=True),
    Column("flow", Text), Column("flow_run_id", Text),
    Column("recipe", Text),
    Column("started_at", Moment, nullable=False), Column("ended_at", Moment),
    Column("state", Text, nullable=False),
    Column("counts", Json),
)  # fmt: skip

run_documents = Table(
    "run_documents", metadata,
    Column("run_id", Text, ForeignKey("runs.run_id", ondelete="CASCADE"), nullable=False),
    Column("sha256", Text, nullable=False),
    Column("outcome", Text, nullable=False), Column("state", Text, nullable=False), Column("reason", Text),
    Column("message", Text), Column("recipe", Text, nullable=False),
    Column("rows_written", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    PrimaryKeyConstraint("run_id", "sha256"),
)  # fmt: skip

portal_runs = Table(
    "portal_runs", metadata,
    Column("run_id", Text, ForeignKey("runs.run_id", ondelete="CASCADE"), nullable=False),
    Column("portal", Text, nullable=False),
    Column("family", Text, nullable=False),
    Column("ended_at", Moment, nullable=False),
    Column("finish_reason", Text, nullable=False), Column("complete", Boolean, nullable=False),
    Column("problems", Json, nullable=False),
    Column("list_rows", Integer, nullable=False), Column("articles", Integer, nullable=False),
    Column("found", Integer, nullable=False), Column("new", Integer, nullable=False),
    Column("changed", Integer, nullable=False), Column("unchanged", Integer, nullable=False),
    Column("ignored", Integer, nullable=False), Column("blocked", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    PrimaryKeyConstraint("run_id", "portal"),
    Index("ix_portal_runs_portal", "portal", "ended_at"),
)  # fmt: skip
"""One portal in one run. `complete`: every list was read to its end, no wall stood in the way, nothing was left for tomorrow."""

portal_columns = Table(
    "portal_columns", metadata,
    Column("run_id", Text, nullable=False),
    Column("portal", Text, nullable=False),
    Column("list_url", Text, nullable=False),
    Column("fiscal_year", Integer), Column("document_kind", Text),
    PrimaryKeyConstraint("run_id", "portal", "list_url"),
    ForeignKeyConstraint(["run_id", "portal"], ["portal_runs.run_id", "portal_runs.portal"], ondelete="CASCADE"),
)  # fmt: skip
"""The lists that the run read there, with the year and kind of document a list is bound to; NULL where it holds any."""

run_locks = Table(
    "run_locks", metadata,
    Column("name", Text, primary_key=True),
    Column("token", Text, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("host", Text, nullable=False), Column("pid", Integer, nullable=False), Column("process_started", Text, nullable=False),
    Column("acquired_at", Moment, nullable=False), Column("heartbeat_at", Moment, nullable=False),
)  # fmt: skip

review_claims = Table(
    "review_claims", metadata,
    Column("item_id", Text, primary_key=True),
    Column("person", Text, nullable=False), Column("by", Text, nullable=False),
    Column("claimed_at", Moment, nullable=False),
)  # fmt: skip
"""Who is at work on an item; `by` is another where it was assigned."""

review_rules = Table(
    "review_rules", metadata,
    Column("rule_id", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("changed_by", Text), Column("changed_at", Moment),
)  # fmt: skip
"""A decision that a person confirmed once for all items of one cause: state confirmed or revoked."""

OF_A_READING = (
    statements, facts, projects, indicators, prose_facts, findings, finding_cells, reconciliations, form_outcomes, unread,
    document_figures,
)  # fmt: skip
"""Tables whose rows are replaced together when a version is stored under another recipe, parents first."""

RUN_BOUND = frozenset(
    {
        "runs", "run_documents", "run_locks", "portal_runs", "portal_columns", "review_claims", "version_history",
        "facts_past",
    }
)  # fmt: skip
RUN_COLUMNS = frozenset(
    {
        "run_id", "first_stored_at", "stored_at", "loaded_at", "first_seen_at", "last_seen_at", "head_seen_at",
        "opened_at", "decided_at", "closed_at", "changed_at", "proposed_at", "revoked_at",
    }
)  # fmt: skip
