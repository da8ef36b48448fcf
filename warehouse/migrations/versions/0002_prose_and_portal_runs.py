"""What a printed figure of the narrative is for, as printed and against which year; what a run saw of each portal.

A reading stored before has NULL in the three columns of `prose_facts` until it is read again under a newer recipe.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def views(dialect: str) -> dict[str, str]:
    """`prose_current`: the figures of the narratives of loaded documents. Amounts as in the views of 0001."""
    if dialect == "postgresql":
        amount_wan, amount_exact = "f.amount_wan", "f.amount_wan AS amount_exact"
    else:
        amount_wan, amount_exact = "CAST(f.amount_wan || '' AS REAL) AS amount_wan", "f.amount_wan || '' AS amount_exact"
    return {
        "prose_current": f"""
SELECT v.document_id, v.sha256, v.version_no, s.url, s.article_url, s.portal, s.published_at,
    v.agency, v.agency_code, COALESCE(v.region, s.region) AS region, v.kind, v.title,
    COALESCE(f.fiscal_year, v.fiscal_year) AS fiscal_year, f.base_year,
    f.prose_no, f.topic, f.name, {amount_wan}, {amount_exact}, f.percent, f.count, f.unit, f.raw, f.sentence,
    f.page, f.x0, f.top, f.x1, f.bottom, f.sheet, f.cell, f.table_no, f.table_row, f.table_col
FROM prose_facts f
JOIN document_versions v ON v.sha256 = f.sha256
JOIN documents d ON d.document_id = v.document_id
LEFT JOIN sightings s ON s.sighting_id = d.sighting_id
WHERE v.state = 'loaded'
""",
        "portal_nights": """
SELECT p.portal, p.family, p.run_id, r.state AS run_state, p.ended_at, p.finish_reason, p.complete, p.problems,
    p.list_rows, p.articles, p.found, p.new, p.changed, p.unchanged, p.ignored, p.blocked, p.failed
FROM portal_runs p
JOIN runs r ON r.run_id = p.run_id
""",
    }


def upgrade() -> None:
    op.add_column("prose_facts", sa.Column("raw", sa.Text(), nullable=True))
    op.add_column("prose_facts", sa.Column("name", sa.Text(), nullable=True))
    op.add_column("prose_facts", sa.Column("base_year", sa.Integer(), nullable=True))
    op.create_table(
        "portal_runs",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("portal", sa.Text(), nullable=False),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("ended_at", MOMENT, nullable=False),
        sa.Column("finish_reason", sa.Text(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("problems", JSON, nullable=False),
        sa.Column("list_rows", sa.Integer(), nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("ignored", sa.Integer(), nullable=False),
        sa.Column("blocked", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_portal_runs_run_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "portal", name="pk_portal_runs"),
    )
    op.create_index("ix_portal_runs_portal", "portal_runs", ["portal", "ended_at"], unique=False)
    op.create_table(
        "portal_columns",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("portal", sa.Text(), nullable=False),
        sa.Column("list_url", sa.Text(), nullable=False),
        sa.Column("fiscal_year", sa.Integer(), nullable=True),
        sa.Column("document_kind", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id", "portal"],
            ["portal_runs.run_id", "portal_runs.portal"],
            name="fk_portal_columns_run_id_portal",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("run_id", "portal", "list_url", name="pk_portal_columns"),
    )
    for name, query in views(op.get_bind().dialect.name).items():
        op.execute(f"CREATE VIEW {name} AS {query}")


def downgrade() -> None:
    for name in reversed(views(op.get_bind().dialect.name)):
        op.execute(f"DROP VIEW {name}")
    op.drop_table("portal_columns")
    op.drop_table("portal_runs")
    for name in ("base_year", "name", "raw"):
        op.execute(f"ALTER TABLE prose_facts DROP COLUMN {name}")
