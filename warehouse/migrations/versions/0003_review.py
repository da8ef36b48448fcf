"""What a person typed stands beside what is printed; claims, and rules that people confirmed.

A correction made before has its typed text in `raw` until the document is read again under a newer recipe.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def corrections_current(dialect: str) -> str:
    """`corrections_current`: each figure that a person put beside the printed one, of loaded documents."""
    amount = "f.amount_wan" if dialect == "postgresql" else "CAST(f.amount_wan || '' AS REAL) AS amount_wan"
    return f"""
SELECT v.document_id, v.sha256, v.version_no, s.url, s.article_url, s.portal, s.published_at,
    v.agency, v.agency_code, COALESCE(v.region, s.region) AS region, v.kind, v.title,
    COALESCE(f.fiscal_year, v.fiscal_year) AS fiscal_year, f.kind AS statement, f.statement_id, f.code, f.name, f.column_text,
    f.raw, f.corrected_raw, {amount}, f.corrected_by, f.corrected_why, f.publisher_discrepancy, f.fact_id, f.fact_no,
    f.page, f.x0, f.top, f.x1, f.bottom, f.sheet, f.cell, f.table_no, f.table_row, f.table_col
FROM facts f
JOIN document_versions v ON v.sha256 = f.sha256
JOIN documents d ON d.document_id = v.document_id
LEFT JOIN sightings s ON s.sighting_id = d.sighting_id
WHERE v.state = 'loaded' AND f.corrected_raw IS NOT NULL
"""


def upgrade() -> None:
    for name in ("corrected_raw", "corrected_by", "corrected_why"):
        op.add_column("facts", sa.Column(name, sa.Text(), nullable=True))
    op.create_table(
        "review_claims",
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("claimed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("item_id", name="pk_review_claims"),
    )
    op.create_table(
        "review_rules",
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=True),
        sa.Column("changed_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("rule_id", name="pk_review_rules"),
    )
    for name in ("cause", "check_id", "origin", "form", "portal"):
        op.add_column("review_items", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("review_items", sa.Column("one_cause", sa.Boolean(), nullable=True))
    op.add_column("review_items", sa.Column("place", sa.Text(), nullable=True))
    op.add_column("review_items", sa.Column("frees", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("ix_review_items_cause", "review_items", ["state", "cause"], unique=False)
    op.create_index("ix_review_items_place", "review_items", ["state", "place", "item_id"], unique=False)
    op.create_index("ix_review_items_frees", "review_items", ["state", "frees", "item_id"], unique=False)
    op.execute(f"CREATE VIEW corrections_current AS {corrections_current(op.get_bind().dialect.name)}")


def downgrade() -> None:
    op.execute("DROP VIEW corrections_current")
    for name in ("frees", "place", "cause"):
        op.drop_index(f"ix_review_items_{name}", "review_items")
    for name in ("frees", "place", "one_cause", "portal", "form", "origin", "check_id", "cause"):
        op.execute(f"ALTER TABLE review_items DROP COLUMN {name}")
    op.drop_table("review_rules")
    op.drop_table("review_claims")
    for name in ("corrected_why", "corrected_by", "corrected_raw"):
        op.execute(f"ALTER TABLE facts DROP COLUMN {name}")
