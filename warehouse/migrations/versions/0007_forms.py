"""What is known of forms: the form of each statement, how checks fare on it, and what people decided.

Statements stored before get their form here; how checks fared on them is known once they are read again. Causes of items and rules
named a form by another fingerprint: causes are told anew, and a confirmed rule is kept for the same form under its new name.
"""

import hashlib
import json

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
COUNTED = "v.state IN ('loaded', 'in_review')"
"""Versions whose readings say something of a form."""
YEAR_SIGNS = str.maketrans("0123456789", "##########")

VIEWS = {
    "forms": f"""
SELECT t.form, COALESCE(v.region, '') AS publisher, MIN(t.kind) AS kind, MIN(t.title) AS title,
    COUNT(DISTINCT v.document_id) AS documents, MIN(v.first_stored_at) AS first_seen_at, MAX(v.stored_at) AS last_seen_at
FROM statements t
JOIN document_versions v ON v.sha256 = t.sha256
WHERE {COUNTED} AND t.form IS NOT NULL
GROUP BY t.form, COALESCE(v.region, '')
""",
    "form_checks": f"""
SELECT c.form, c.publisher, c.check_id, c.row_label, a.asked, a.asked - c.failed AS held, c.failed,
    (SELECT MIN(d.reading) FROM form_decisions d
        WHERE d.form = c.form AND d.check_id = c.check_id AND d.row_label IN (c.row_label, '*')
        AND d.publisher IN (c.publisher, '*') AND d.revoked_at IS NULL) AS reading
FROM (
    SELECT o.form, COALESCE(v.region, '') AS publisher, o.check_id, o.row_label,
        COUNT(DISTINCT CASE WHEN o.failed THEN v.document_id END) AS failed
    FROM form_outcomes o
    JOIN document_versions v ON v.sha256 = o.sha256
    WHERE {COUNTED}
    GROUP BY o.form, COALESCE(v.region, ''), o.check_id, o.row_label
) c
JOIN (
    SELECT o.form, COALESCE(v.region, '') AS publisher, o.check_id, COUNT(DISTINCT v.document_id) AS asked
    FROM form_outcomes o
    JOIN document_versions v ON v.sha256 = o.sha256
    WHERE {COUNTED} AND o.row_label = '*'
    GROUP BY o.form, COALESCE(v.region, ''), o.check_id
) a ON a.form = c.form AND a.publisher = c.publisher AND a.check_id = c.check_id
""",
}


def upgrade() -> None:
    op.add_column("statements", sa.Column("form", sa.Text(), nullable=True))
    op.create_index("ix_statements_form", "statements", ["form"])
    op.add_column("document_versions", sa.Column("forms_known", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "form_outcomes",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("check_id", sa.Text(), nullable=False),
        sa.Column("row_label", sa.Text(), nullable=False),
        sa.Column("failed", sa.Boolean(), nullable=False),
        sa.Column("explained", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sha256"], ["document_versions.sha256"], name="fk_form_outcomes_sha256", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("sha256", "form", "check_id", "row_label", name="pk_form_outcomes"),
        sqlite_with_rowid=False,
    )
    place = ["form", "check_id", "row_label"]
    op.create_index("ix_form_outcomes_place", "form_outcomes", place)
    failed = sa.text("failed")
    op.create_index("ix_form_outcomes_failed", "form_outcomes", place, sqlite_where=failed, postgresql_where=failed)
    op.create_table(
        "form_decisions",
        sa.Column("decision_id", sa.Text(), nullable=False),
        sa.Column("publisher", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("check_id", sa.Text(), nullable=False),
        sa.Column("row_label", sa.Text(), nullable=False),
        sa.Column("reading", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("decision_id", name="pk_form_decisions"),
    )
    op.create_index("ix_form_decisions_place", "form_decisions", ["form", "check_id", "row_label"])
    for name, query in VIEWS.items():
        op.execute(f"CREATE VIEW {name} AS {query}")
    _rename_rules(_name_forms())


def _name_forms() -> dict[str, set[str]]:
    """Give every stored statement its form; by the name a form had among causes, its names now."""
    from budget.known_forms import fingerprint

    connection = op.get_bind()
    found = connection.execute(sa.text("SELECT sha256, statement_id, kind, title, columns FROM statements")).all()
    renamed: dict[str, set[str]] = {}
    for sha256, statement_id, kind, title, columns in found:
        paths = json.loads(columns) if isinstance(columns, str) else columns
        form = fingerprint(kind, title, paths)
        renamed.setdefault(_as_before(kind, paths), set()).add(form)
        connection.execute(
            sa.text("UPDATE statements SET form = :form WHERE sha256 = :sha256 AND statement_id = :id"),
            {"form": form, "sha256": sha256, "id": statement_id},
        )
    return renamed


def _as_before(kind, paths) -> str:
    """The fingerprint that causes had."""
    from budget.printed_text import fold, squeeze

    told = ["/".join(squeeze(fold(part)).translate(YEAR_SIGNS) for part in path) for path in paths]
    return hashlib.sha256("\n".join([kind, *told]).encode()).hexdigest()[:10]


def _rename_rules(renamed) -> None:
    """A rule stays, so that it can be revoked with what it decided; the same rule under the form's new name holds from now on."""
    connection = op.get_bind()
    connection.execute(sa.text("UPDATE review_items SET cause = NULL WHERE form IS NOT NULL"))
    kept = sa.text("SELECT action, cause, note, changed_by, changed_at FROM review_rules WHERE state = 'confirmed'")
    for action, cause, note, changed_by, changed_at in connection.execute(kept).all():
        head, _, form = cause.rpartition("/")
        for new in sorted(renamed.get(form, ())):
            named = f"{head}/{new}"
            rule_id = f"q-{hashlib.sha256(f'{action} {named}'.encode()).hexdigest()[:10]}"
            connection.execute(
                sa.text(
                    "INSERT INTO review_rules (rule_id, state, action, cause, note, changed_by, changed_at) "
                    "VALUES (:id, 'confirmed', :action, :cause, :note, :by, :at)"
                ),
                {"id": rule_id, "action": action, "cause": named, "note": note, "by": changed_by, "at": changed_at},
            )


def downgrade() -> None:
    for name in reversed(VIEWS):
        op.execute(f"DROP VIEW {name}")
    op.drop_table("form_decisions")
    op.drop_table("form_outcomes")
    op.execute("ALTER TABLE document_versions DROP COLUMN forms_known")
    op.drop_index("ix_statements_form", "statements")
    op.execute("ALTER TABLE statements DROP COLUMN form")
