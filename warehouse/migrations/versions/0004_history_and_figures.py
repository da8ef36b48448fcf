"""When a version was loaded, replaced and withdrawn; the figures it had before; what each document answers; bridges.

What was stored before: its history begins with what `document_versions` knew (loaded at, superseded when the next version was
loaded), and its answers are made here from the readings that are kept.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
AMOUNT = sa.Text(collation="decimal").with_variant(sa.Numeric(), "postgresql")


def place():
    return [
        sa.Column("page", sa.Integer()), sa.Column("x0", sa.Float()), sa.Column("top", sa.Float()),
        sa.Column("x1", sa.Float()), sa.Column("bottom", sa.Float()), sa.Column("sheet", sa.Text()),
        sa.Column("cell", sa.Text()), sa.Column("table_no", sa.Integer()), sa.Column("table_row", sa.Integer()),
        sa.Column("table_col", sa.Integer()),
    ]


NEXT = "(SELECT COALESCE(MAX(h.history_no) + 1, 0) FROM version_history h WHERE h.sha256 = NEW.sha256)"
EPOCH = "(SELECT COALESCE(MAX(p.epoch) + 1, 0) FROM facts_past p WHERE p.sha256 = NEW.sha256)"
CHANGED = "OLD.state IS DISTINCT FROM NEW.state OR OLD.content_digest IS DISTINCT FROM NEW.content_digest"


def triggers(dialect):
    """Statements that make the triggers. The time is that of the transaction (PostgreSQL) or of the statement (SQLite)."""
    columns = "sha256, history_no, state, reason, recipe, epoch, at"
    if dialect == "postgresql":
        yield f"""
CREATE FUNCTION note_version_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO version_history ({columns})
    VALUES (NEW.sha256, {NEXT}, NEW.state, NEW.reason, NEW.recipe, {EPOCH}, CURRENT_TIMESTAMP);
    RETURN NULL;
END $$"""
        yield """
CREATE TRIGGER version_stored AFTER INSERT ON document_versions FOR EACH ROW EXECUTE FUNCTION note_version_state()"""
        yield f"""
CREATE TRIGGER version_changed AFTER UPDATE OF state, content_digest ON document_versions FOR EACH ROW
WHEN ({CHANGED}) EXECUTE FUNCTION note_version_state()"""
        return
    note = f"""
BEGIN
    INSERT INTO version_history ({columns})
    VALUES (NEW.sha256, {NEXT}, NEW.state, NEW.reason, NEW.recipe, {EPOCH}, strftime('%Y-%m-%d %H:%M:%f000', 'now'));
END"""
    yield f"CREATE TRIGGER version_stored AFTER INSERT ON document_versions {note}"
    changed = CHANGED.replace("IS DISTINCT FROM", "IS NOT")
    yield f"CREATE TRIGGER version_changed AFTER UPDATE OF state, content_digest ON document_versions WHEN {changed} {note}"


def upgrade() -> None:
    op.create_table(
        "document_figures",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("figure_no", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("fiscal_year", sa.Integer()),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("code_system", sa.Text()),
        sa.Column("class_code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("amount_wan", AMOUNT, nullable=False),
        sa.Column("amount_fen", sa.BigInteger()),
        sa.Column("raw", sa.Text()),
        sa.Column("statement", sa.Text()),
        sa.Column("fact_no", sa.Integer()),
        sa.Column("fact_id", sa.Text()),
        sa.Column("prose_no", sa.Integer()),
        sa.Column("adds_up", sa.Boolean()),
        sa.Column("publisher_discrepancy", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sha256"], ["document_versions.sha256"], name="fk_document_figures_sha256", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("sha256", "figure_no", name="pk_document_figures"),
    )
    op.create_table(
        "version_history",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("history_no", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("recipe", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["sha256"], ["document_versions.sha256"], name="fk_version_history_sha256", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("sha256", "history_no", name="pk_version_history"),
    )
    op.create_table(
        "facts_past",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("fact_no", sa.Integer(), nullable=False),
        sa.Column("fact_id", sa.Text(), nullable=False),
        sa.Column("statement_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("column_text", sa.Text(), nullable=False),
        sa.Column("side", sa.Text()),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("code_system", sa.Text()),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("item", sa.Text()),
        sa.Column("fund", sa.Text()),
        sa.Column("fiscal_year", sa.Integer()),
        sa.Column("basis", sa.Text()),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("amount_wan", AMOUNT, nullable=False),
        sa.Column("amount_fen", sa.BigInteger()),
        *place(),
        sa.ForeignKeyConstraint(["sha256"], ["document_versions.sha256"], name="fk_facts_past_sha256", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("sha256", "epoch", "fact_no", name="pk_facts_past"),
    )
    op.create_table(
        "department_bridges",
        sa.Column("bridge_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("from_region", sa.Text(), nullable=False),
        sa.Column("from_agency", sa.Text(), nullable=False),
        sa.Column("to_region", sa.Text(), nullable=False),
        sa.Column("to_agency", sa.Text(), nullable=False),
        sa.Column("effective_on", sa.Date()),
        sa.Column("source", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("proposed_at", MOMENT, nullable=False),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decided_at", MOMENT),
        sa.PrimaryKeyConstraint("bridge_id", name="pk_department_bridges"),
    )
    op.create_index("ix_department_bridges_from", "department_bridges", ["from_region", "from_agency"], unique=False)
    op.create_table(
        "department_names",
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("part_of", sa.Text()),
        sa.PrimaryKeyConstraint("region", "agency", name="pk_department_names"),
    )
    op.create_index("ix_document_versions_agency", "document_versions", ["agency", "fiscal_year"], unique=False)

    op.execute("""
INSERT INTO version_history (sha256, history_no, state, reason, recipe, epoch, at)
SELECT sha256, 0, CASE WHEN state = 'superseded' THEN 'loaded' ELSE state END, reason, recipe, 0,
    COALESCE(loaded_at, stored_at, first_stored_at, CURRENT_TIMESTAMP)
FROM document_versions""")
    op.execute("""
INSERT INTO version_history (sha256, history_no, state, reason, recipe, epoch, at)
SELECT v.sha256, 1, 'superseded', NULL, v.recipe, 0, COALESCE(
    (SELECT MIN(n.loaded_at) FROM document_versions n WHERE n.document_id = v.document_id AND n.version_no > v.version_no),
    v.loaded_at, CURRENT_TIMESTAMP)
FROM document_versions v WHERE v.state = 'superseded'""")
    for statement in triggers(op.get_bind().dialect.name):
        op.execute(statement)
    answer(op.get_bind())


def answer(connection) -> None:
    """Fill `document_figures` from the readings: derived rows, made by today's rules whatever they were."""
    from warehouse.rows import inflate, reading_rows
    from warehouse.tables import document_figures, readings

    wanted = sa.select(readings.c.sha256).where(readings.c.role == "current").order_by(readings.c.sha256)
    for sha256 in connection.scalars(wanted).all():
        kept = connection.scalar(
            sa.select(readings.c.disclosure_zlib).where(readings.c.sha256 == sha256, readings.c.role == "current")
        )
        rows = dict(reading_rows(inflate(kept))).get(document_figures)
        if rows:
            connection.execute(sa.insert(document_figures), rows)


def downgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    for name in ("version_changed", "version_stored"):
        op.execute(f"DROP TRIGGER {name}" + (" ON document_versions" if postgresql else ""))
    if postgresql:
        op.execute("DROP FUNCTION note_version_state()")
    op.drop_index("ix_document_versions_agency", "document_versions")
    for name in ("department_names", "department_bridges", "facts_past", "version_history", "document_figures"):
        op.drop_table(name)
