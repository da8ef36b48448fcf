"""The first schema: documents and their versions, readings, judgements, decisions, runs, and the views for analysts.

The SQL stands here as it was run; a later change of a table or view is another migration.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
AMOUNT = sa.Text(collation="decimal").with_variant(sa.Numeric(), "postgresql")
LOADED = sa.text("state = 'loaded'")

PLACE = "f.page, f.x0, f.top, f.x1, f.bottom, f.sheet, f.cell, f.table_no, f.table_row, f.table_col"
VERSION = """
    v.document_id, v.sha256, v.version_no, s.url, s.article_url, s.portal, s.published_at,
    v.agency, v.agency_code, COALESCE(v.region, s.region) AS region, v.kind, v.title
"""


def views(dialect: str) -> dict[str, str]:
    """The views by name. SQLite has no decimals: there `amount_wan` is the nearest number, to read, sort and compare by in
    any client (as text it would sort 9 after 100), and `amount_exact` the text that is kept. PostgreSQL keeps one NUMERIC."""
    if dialect == "postgresql":
        amount_wan, fiscal_wan, other_wan = "f.amount_wan", "f.fiscal_wan", "f.other_wan"
        amount_exact = "f.amount_wan AS amount_exact"
    else:
        # the concatenation sheds the collation, which clients other than ours and the sqlite3 shell do not have
        amount_wan, fiscal_wan, other_wan = (
            f"CAST(f.{name} || '' AS REAL) AS {name}" for name in ("amount_wan", "fiscal_wan", "other_wan")
        )
        amount_exact = "f.amount_wan || '' AS amount_exact"
    facts = f"""
SELECT {VERSION},
    COALESCE(f.fiscal_year, v.fiscal_year) AS fiscal_year, f.basis,
    f.kind AS statement, f.statement_id, t.title AS statement_title, t.unit,
    f.side, f.role, f.code, f.code_system, f.alt_code, f.name, f.ordinal,
    f.measure, f.item, f.fund, f.column_text,
    {amount_wan}, f.amount_fen, {amount_exact}, f.raw, f.confidence, f.publisher_discrepancy, f.corrected,
    f.fact_id, f.fact_no, f.printed_row, f.printed_col, {PLACE}, v.recipe
FROM facts f
JOIN document_versions v ON v.sha256 = f.sha256
JOIN statements t ON t.sha256 = f.sha256 AND t.statement_id = f.statement_id
JOIN documents d ON d.document_id = v.document_id
LEFT JOIN sightings s ON s.sighting_id = d.sighting_id
"""
    return {
        "facts_current": f"{facts} WHERE v.state = 'loaded'",
        "facts_candidate": facts.replace("v.recipe", "v.recipe, v.state, v.reason")
    + " WHERE v.state <> 'loaded' AND v.state <> 'superseded'",
        "documents_current": f"""
SELECT {VERSION}, v.fiscal_year, v.reader, v.pages, v.facts, v.warnings, v.size_bytes, v.recipe, v.loaded_at
FROM document_versions v
JOIN documents d ON d.document_id = v.document_id
LEFT JOIN sightings s ON s.sighting_id = d.sighting_id
WHERE v.state = 'loaded'
""",
        "document_states": f"""
SELECT {VERSION}, v.fiscal_year, v.state, v.reason, v.error_message, v.supersedes_sha256, v.facts, v.errors, v.warnings,
    v.recipe, i.item_id, i.state AS item_state, i.stage
FROM document_versions v
JOIN documents d ON d.document_id = v.document_id
LEFT JOIN sightings s ON s.sighting_id = d.sighting_id
LEFT JOIN review_items i ON i.sha256 = v.sha256
""",
        "projects_current": f"""
SELECT {VERSION}, v.fiscal_year, f.project_no, f.code, f.name, {amount_wan}, {fiscal_wan}, {other_wan}, {amount_exact}, f.plan, f.goals, {PLACE}
FROM projects f
JOIN document_versions v ON v.sha256 = f.sha256
JOIN documents d ON d.document_id = v.document_id
LEFT JOIN sightings s ON s.sighting_id = d.sighting_id
WHERE v.state = 'loaded'
""",
        "publisher_discrepancies": f"""
SELECT {VERSION}, v.fiscal_year, f.finding_no, f.check_id, f.severity, f.message, f.statement_id,
    f.left_value, f.right_value, f.difference
FROM findings f
JOIN document_versions v ON v.sha256 = f.sha256
JOIN documents d ON d.document_id = v.document_id
LEFT JOIN sightings s ON s.sighting_id = d.sighting_id
WHERE v.state = 'loaded' AND f.origin = 'publisher'
""",
        "same_subject": """
SELECT v.region, v.agency, v.fiscal_year, v.kind, COUNT(*) AS documents, MIN(v.sha256) AS one_sha256, MAX(v.sha256) AS other_sha256
FROM document_versions v
WHERE v.state = 'loaded' AND v.agency IS NOT NULL AND v.fiscal_year IS NOT NULL
GROUP BY v.region, v.agency, v.fiscal_year, v.kind
HAVING COUNT(*) > 1
""",
    }


def upgrade() -> None:
    op.create_table(
        "decisions",
        sa.Column("decision_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("decision_no", sa.Integer(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.Column("decision", JSON, nullable=False),
        sa.PrimaryKeyConstraint("decision_id", name="pk_decisions"),
    )
    op.create_index("ix_decisions_sha256", "decisions", ["sha256"], unique=False)
    op.create_index("uq_decisions_order", "decisions", ["sha256", "decision_no"], unique=True)
    op.create_table(
        "documents",
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("root_sha256", sa.Text(), nullable=False),
        sa.Column("sighting_id", sa.Text(), nullable=True),
        sa.Column("head_seen_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("document_id", name="pk_documents"),
    )
    op.create_table(
        "review_items",
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("sighting_id", sa.Text(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("item_id", name="pk_review_items"),
        sa.UniqueConstraint("sha256", name="uq_review_items_sha256"),
        sa.UniqueConstraint("sighting_id", name="uq_review_items_sighting_id"),
    )
    op.create_index("ix_review_items_state", "review_items", ["state", "stage", "reason"], unique=False)
    op.create_table(
        "run_locks",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("process_started", sa.Text(), nullable=False),
        sa.Column("acquired_at", MOMENT, nullable=False),
        sa.Column("heartbeat_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_run_locks"),
    )
    op.create_table(
        "runs",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("flow", sa.Text(), nullable=True),
        sa.Column("flow_run_id", sa.Text(), nullable=True),
        sa.Column("recipe", sa.Text(), nullable=True),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("counts", JSON, nullable=True),
        sa.PrimaryKeyConstraint("run_id", name="pk_runs"),
    )
    op.create_table(
        "sightings",
        sa.Column("sighting_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("portal", sa.Text(), nullable=False),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("list_url", sa.Text(), nullable=False),
        sa.Column("article_url", sa.Text(), nullable=False),
        sa.Column("article_title", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("link_text", sa.Text(), nullable=True),
        sa.Column("column_name", sa.Text(), nullable=True),
        sa.Column("published_at", sa.Date(), nullable=True),
        sa.Column("date_source", sa.Text(), nullable=True),
        sa.Column("source_org", sa.Text(), nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("fiscal_year", sa.Integer(), nullable=True),
        sa.Column("document_kind", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("content_type", sa.Text(), nullable=True),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("replaces_sha256", sa.Text(), nullable=True),
        sa.Column("first_seen_at", MOMENT, nullable=False),
        sa.Column("last_seen_at", MOMENT, nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("sighting_id", name="pk_sightings"),
    )
    op.create_index("ix_sightings_portal", "sightings", ["portal", "outcome"], unique=False)
    op.create_index("ix_sightings_sha256", "sightings", ["sha256"], unique=False)
    op.create_index("ix_sightings_url", "sightings", ["url"], unique=False)
    op.create_table(
        "document_versions",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("version_no", sa.Integer(), nullable=False),
        sa.Column("supersedes_sha256", sa.Text(), nullable=True),
        sa.Column("recipe", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("file", sa.Text(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("agency", sa.Text(), nullable=True),
        sa.Column("agency_code", sa.Text(), nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("fiscal_year", sa.Integer(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("reader", sa.Text(), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("facts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("errors", sa.Integer(), server_default="0", nullable=False),
        sa.Column("warnings", sa.Integer(), server_default="0", nullable=False),
        sa.Column("content_digest", sa.Text(), nullable=True),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("first_stored_at", MOMENT, nullable=True),
        sa.Column("stored_at", MOMENT, nullable=True),
        sa.Column("loaded_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["document_id"], ["documents.document_id"], name="fk_document_versions_document_id"),
        sa.PrimaryKeyConstraint("sha256", name="pk_document_versions"),
    )
    op.create_index("ix_document_versions_document_id", "document_versions", ["document_id"], unique=False)
    op.create_index("ix_document_versions_state", "document_versions", ["state", "reason"], unique=False)
    op.create_index(
        "ix_document_versions_subject", "document_versions", ["region", "agency", "fiscal_year", "kind"], unique=False
    )
    op.create_index(
        "uq_document_versions_one_loaded",
        "document_versions",
        ["document_id"],
        unique=True,
        sqlite_where=LOADED,
        postgresql_where=LOADED,
    )
    op.create_table(
        "run_documents",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("recipe", sa.Text(), nullable=False),
        sa.Column("rows_written", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_run_documents_run_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "sha256", name="pk_run_documents"),
    )
    op.create_table(
        "figure_changes",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("against", sa.Text(), nullable=False),
        sa.Column("change_no", sa.Integer(), nullable=False),
        sa.Column("old_sha256", sa.Text(), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=True),
        sa.Column("fund", sa.Text(), nullable=True),
        sa.Column("fiscal_year", sa.Integer(), nullable=True),
        sa.Column("basis", sa.Text(), nullable=True),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("old_amount_wan", AMOUNT, nullable=True),
        sa.Column("new_amount_wan", AMOUNT, nullable=True),
        sa.Column("old_raw", sa.Text(), nullable=True),
        sa.Column("new_raw", sa.Text(), nullable=True),
        sa.Column("old_place", JSON, nullable=True),
        sa.Column("new_place", JSON, nullable=True),
        sa.Column("new_fact_id", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["sha256"], ["document_versions.sha256"], name="fk_figure_changes_sha256", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("sha256", "against", "change_no", name="pk_figure_changes"),
    )
    op.create_table(
        "finding_cells",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("finding_no", sa.Integer(), nullable=False),
        sa.Column("cell_no", sa.Integer(), nullable=False),
        sa.Column("fact_id", sa.Text(), nullable=True),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.Column("x0", sa.Float(), nullable=True),
        sa.Column("top", sa.Float(), nullable=True),
        sa.Column("x1", sa.Float(), nullable=True),
        sa.Column("bottom", sa.Float(), nullable=True),
        sa.Column("sheet", sa.Text(), nullable=True),
        sa.Column("cell", sa.Text(), nullable=True),
        sa.Column("table_no", sa.Integer(), nullable=True),
        sa.Column("table_row", sa.Integer(), nullable=True),
        sa.Column("table_col", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["sha256"], ["document_versions.sha256"], name="fk_finding_cells_sha256", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("sha256", "finding_no", "cell_no", name="pk_finding_cells"),
    )
    op.create_table(
        "findings",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("finding_no", sa.Integer(), nullable=False),
        sa.Column("check_id", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("statement_id", sa.Text(), nullable=True),
        sa.Column("left_value", sa.Text(), nullable=True),
        sa.Column("right_value", sa.Text(), nullable=True),
        sa.Column("difference", sa.Text(), nullable=True),
        sa.Column("tolerance", sa.Text(), nullable=True),
        sa.Column("caused_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["sha256"], ["document_versions.sha256"], name="fk_findings_sha256", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("sha256", "finding_no", name="pk_findings"),
    )
    op.create_index("ix_findings_check", "findings", ["check_id", "severity"], unique=False)
    op.create_table(
        "indicators",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("project_no", sa.Integer(), nullable=False),
        sa.Column("indicator_no", sa.Integer(), nullable=False),
        sa.Column("level1", sa.Text(), nullable=False),
        sa.Column("level2", sa.Text(), nullable=False),
        sa.Column("level3", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("operator", sa.Text(), nullable=True),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["sha256"], ["document_versions.sha256"], name="fk_indicators_sha256", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("sha256", "project_no", "indicator_no", name="pk_indicators"),
    )
    op.create_table(
        "projects",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("project_no", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("amount_wan", AMOUNT, nullable=True),
        sa.Column("fiscal_wan", AMOUNT, nullable=True),
        sa.Column("other_wan", AMOUNT, nullable=True),
        sa.Column("plan", JSON, nullable=False),
        sa.Column("goals", JSON, nullable=False),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.Column("x0", sa.Float(), nullable=True),
        sa.Column("top", sa.Float(), nullable=True),
        sa.Column("x1", sa.Float(), nullable=True),
        sa.Column("bottom", sa.Float(), nullable=True),
        sa.Column("sheet", sa.Text(), nullable=True),
        sa.Column("cell", sa.Text(), nullable=True),
        sa.Column("table_no", sa.Integer(), nullable=True),
        sa.Column("table_row", sa.Integer(), nullable=True),
        sa.Column("table_col", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["sha256"], ["document_versions.sha256"], name="fk_projects_sha256", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("sha256", "project_no", name="pk_projects"),
    )
    op.create_table(
        "prose_facts",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("prose_no", sa.Integer(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("amount_wan", AMOUNT, nullable=True),
        sa.Column("percent", sa.Text(), nullable=True),
        sa.Column("count", sa.Text(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("fiscal_year", sa.Integer(), nullable=True),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.Column("x0", sa.Float(), nullable=True),
        sa.Column("top", sa.Float(), nullable=True),
        sa.Column("x1", sa.Float(), nullable=True),
        sa.Column("bottom", sa.Float(), nullable=True),
        sa.Column("sheet", sa.Text(), nullable=True),
        sa.Column("cell", sa.Text(), nullable=True),
        sa.Column("table_no", sa.Integer(), nullable=True),
        sa.Column("table_row", sa.Integer(), nullable=True),
        sa.Column("table_col", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["sha256"], ["document_versions.sha256"], name="fk_prose_facts_sha256", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("sha256", "prose_no", name="pk_prose_facts"),
    )
    op.create_table(
        "readings",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("recipe", sa.Text(), nullable=False),
        sa.Column("disclosure_zlib", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sha256"], ["document_versions.sha256"], name="fk_readings_sha256", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("sha256", "role", name="pk_readings"),
    )
    op.create_table(
        "reconciliations",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("reconciliation_no", sa.Integer(), nullable=False),
        sa.Column("check_id", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("statement_id", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("left_value", AMOUNT, nullable=True),
        sa.Column("right_value", AMOUNT, nullable=True),
        sa.Column("tolerance", AMOUNT, nullable=True),
        sa.ForeignKeyConstraint(
            ["sha256"], ["document_versions.sha256"], name="fk_reconciliations_sha256", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("sha256", "reconciliation_no", name="pk_reconciliations"),
    )
    op.create_index("ix_reconciliations_check", "reconciliations", ["check_id", "status"], unique=False)
    op.create_table(
        "statements",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("statement_id", sa.Text(), nullable=False),
        sa.Column("statement_no", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("fiscal_year", sa.Integer(), nullable=True),
        sa.Column("pages", JSON, nullable=False),
        sa.Column("columns", JSON, nullable=False),
        sa.Column("notes", JSON, nullable=False),
        sa.Column("printed_rows", sa.Integer(), nullable=False),
        sa.Column("declared_empty", sa.Boolean(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(
            ["sha256"], ["document_versions.sha256"], name="fk_statements_sha256", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("sha256", "statement_id", name="pk_statements"),
    )
    op.create_index("ix_statements_kind", "statements", ["kind"], unique=False)
    op.create_table(
        "unread",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("unread_no", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.Column("x0", sa.Float(), nullable=True),
        sa.Column("top", sa.Float(), nullable=True),
        sa.Column("x1", sa.Float(), nullable=True),
        sa.Column("bottom", sa.Float(), nullable=True),
        sa.Column("sheet", sa.Text(), nullable=True),
        sa.Column("cell", sa.Text(), nullable=True),
        sa.Column("table_no", sa.Integer(), nullable=True),
        sa.Column("table_row", sa.Integer(), nullable=True),
        sa.Column("table_col", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["sha256"], ["document_versions.sha256"], name="fk_unread_sha256", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("sha256", "unread_no", name="pk_unread"),
    )
    op.create_table(
        "facts",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("fact_no", sa.Integer(), nullable=False),
        sa.Column("fact_id", sa.Text(), nullable=False),
        sa.Column("statement_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("printed_row", sa.Integer(), nullable=False),
        sa.Column("printed_col", sa.Integer(), nullable=False),
        sa.Column("column_path", JSON, nullable=False),
        sa.Column("column_text", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("code_system", sa.Text(), nullable=True),
        sa.Column("alt_code", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=True),
        sa.Column("fund", sa.Text(), nullable=True),
        sa.Column("fiscal_year", sa.Integer(), nullable=True),
        sa.Column("basis", sa.Text(), nullable=True),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("amount_wan", AMOUNT, nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("publisher_discrepancy", sa.Boolean(), nullable=False),
        sa.Column("corrected", sa.Boolean(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.Column("x0", sa.Float(), nullable=True),
        sa.Column("top", sa.Float(), nullable=True),
        sa.Column("x1", sa.Float(), nullable=True),
        sa.Column("bottom", sa.Float(), nullable=True),
        sa.Column("sheet", sa.Text(), nullable=True),
        sa.Column("cell", sa.Text(), nullable=True),
        sa.Column("table_no", sa.Integer(), nullable=True),
        sa.Column("table_row", sa.Integer(), nullable=True),
        sa.Column("table_col", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["sha256", "statement_id"],
            ["statements.sha256", "statements.statement_id"],
            name="fk_facts_sha256_statement_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["sha256"], ["document_versions.sha256"], name="fk_facts_sha256", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("sha256", "fact_no", name="pk_facts"),
    )
    op.create_index("ix_facts_figure", "facts", ["kind", "code", "measure"], unique=False)
    op.create_index("ix_facts_statement", "facts", ["sha256", "statement_id"], unique=False)

    if op.get_bind().dialect.name == "postgresql":
        # SQLite has it from warehouse.exact_decimal (or its own decimal extension): one query for both
        op.execute("CREATE AGGREGATE decimal_sum(numeric) (SFUNC = numeric_add, STYPE = numeric)")
    for name, query in views(op.get_bind().dialect.name).items():
        op.execute(f"CREATE VIEW {name} AS {query}")


def downgrade() -> None:
    for name in reversed(views(op.get_bind().dialect.name)):
        op.execute(f"DROP VIEW {name}")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP AGGREGATE decimal_sum(numeric)")
    op.drop_table("facts")
    op.drop_table("unread")
    op.drop_table("statements")
    op.drop_table("reconciliations")
    op.drop_table("readings")
    op.drop_table("prose_facts")
    op.drop_table("projects")
    op.drop_table("indicators")
    op.drop_table("findings")
    op.drop_table("finding_cells")
    op.drop_table("figure_changes")
    op.drop_table("run_documents")
    op.drop_table("document_versions")
    op.drop_table("sightings")
    op.drop_table("runs")
    op.drop_table("run_locks")
    op.drop_table("review_items")
    op.drop_table("documents")
    op.drop_table("decisions")
