"""The row that a figure is printed as a part of, and what a self-assessment says was spent."""

import importlib

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

FIRST = importlib.import_module("warehouse.migrations.versions.0001_first_schema")
FIFTH = importlib.import_module("warehouse.migrations.versions.0005_views_for_analysts")


def facts_current(dialect):
    """`facts_current` as in 0005, with the printed row that the figure is a part of."""
    return FIFTH.facts(dialect).replace("v.fiscal_year AS document_year,", "f.parent_row, v.fiscal_year AS document_year,")


def projects_current(dialect):
    """`projects_current` as in 0001, with what was spent."""
    spent = "f.executed_wan" if dialect == "postgresql" else "CAST(f.executed_wan || '' AS REAL) AS executed_wan"
    return FIRST.views(dialect)["projects_current"].replace("f.plan, f.goals,", f"{spent}, f.plan, f.goals,")


def upgrade() -> None:
    op.add_column("facts", sa.Column("parent_row", sa.Integer(), nullable=True))
    op.add_column("projects", sa.Column("executed_wan", _exact(), nullable=True))
    _replace(facts_current, projects_current)


def downgrade() -> None:
    _replace(FIFTH.facts, lambda dialect: FIRST.views(dialect)["projects_current"])
    op.execute("ALTER TABLE projects DROP COLUMN executed_wan")
    op.execute("ALTER TABLE facts DROP COLUMN parent_row")


def _exact():
    from warehouse.exact_decimal import ExactDecimal

    return ExactDecimal()


def _replace(facts, projects) -> None:
    dialect = op.get_bind().dialect.name
    for name, query in (("facts_current", facts), ("projects_current", projects)):
        op.execute(f"DROP VIEW {name}")
        op.execute(f"CREATE VIEW {name} AS {query(dialect)}")
