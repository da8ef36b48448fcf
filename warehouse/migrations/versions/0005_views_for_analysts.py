"""The views for analysts: figures that cannot be summed wrongly, document years, what waits, what was held on a day."""

import importlib

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

FIRST = importlib.import_module("warehouse.migrations.versions.0001_first_schema")
VERSION = FIRST.VERSION
JOINED = """JOIN document_versions v ON v.sha256 = f.sha256
JOIN documents d ON d.document_id = v.document_id
LEFT JOIN sightings s ON s.sighting_id = d.sighting_id"""
MEASURES = (
    "income", "income_with_carry_over", "expenditure", "expenditure_with_carry_over", "basic", "project",
    "expenditure_general_budget", "expenditure_gov_fund", "expenditure_state_capital", "three_public", "agency_running",
    "procurement",
)
THREE_PUBLIC = ("three_public", "abroad", "vehicle_total", "vehicle_purchase", "vehicle_running", "reception")
UNIT = "CASE WHEN v.kind = 'unit_budget' OR (v.kind = 'final_account' AND v.title LIKE '%单位%决算%') THEN 'unit' ELSE 'department' END"


def wide(measures, amount):
    """A column a measure: the one amount there is of it."""
    return ",\n    ".join(
        f"MAX(CASE WHEN measure = '{name}' THEN {amount} END) AS {name}_{amount.removeprefix('amount_')}" for name in measures
    )


def facts(dialect):
    """`facts_current` as in 0001, with the document's year beside the figure's, the code above, and the name of its citation."""
    old = FIRST.views(dialect)["facts_current"]
    return old.replace(
        "v.recipe\nFROM",
        """v.recipe,
    v.fiscal_year AS document_year, COALESCE(f.fiscal_year = v.fiscal_year, TRUE) AS is_own_year,
    CASE WHEN length(f.code) = 7 THEN substr(f.code, 1, 5) WHEN length(f.code) = 5 THEN substr(f.code, 1, 3) END AS parent_code,
    substr(f.sha256, 1, 16) || ':' || f.fact_id AS cite
FROM""",
    )


def views(dialect):
    """The views by name, in the order they build on each other. Amounts as in the views of 0001."""
    if dialect == "postgresql":
        amounts = "f.amount_wan, f.amount_fen, f.amount_wan AS amount_exact"
        old_new = "c.old_amount_wan, c.new_amount_wan, c.new_amount_wan - c.old_amount_wan AS difference_wan"
        text = "::text"
        same = "IS NOT DISTINCT FROM"
    else:
        amounts = "CAST(f.amount_wan || '' AS REAL) AS amount_wan, f.amount_fen, f.amount_wan || '' AS amount_exact"
        old_new = """CAST(c.old_amount_wan || '' AS REAL) AS old_amount_wan, CAST(c.new_amount_wan || '' AS REAL) AS new_amount_wan,
    round(CAST(c.new_amount_wan || '' AS REAL) - CAST(c.old_amount_wan || '' AS REAL), 6) AS difference_wan"""
        text = ""
        same = "IS"
    return {
        "facts_current": facts(dialect),
        "indicators_current": f"""
SELECT {VERSION}, v.fiscal_year, f.project_no, p.code AS project_code, p.name AS project_name, f.indicator_no,
    f.level1, f.level2, f.level3, f.description, f.operator, f.value, f.unit, f.text, f.basis
FROM indicators f
JOIN projects p ON p.sha256 = f.sha256 AND p.project_no = f.project_no
{JOINED}
WHERE v.state = 'loaded'
""",
        "publisher_discrepancies_all": f"""
SELECT {VERSION}, v.fiscal_year, v.state, v.reason, i.item_id, i.state AS item_state,
    f.finding_no, f.check_id, f.severity, f.message, f.statement_id, f.left_value, f.right_value, f.difference, f.caused_by
FROM findings f
{JOINED}
LEFT JOIN review_items i ON i.sha256 = v.sha256
WHERE f.origin = 'publisher'
""",
        "versions_held": """
SELECT sha256, history_no, state, reason, recipe, epoch, at AS held_from,
    LEAD(at) OVER (PARTITION BY sha256 ORDER BY history_no) AS held_until
FROM version_history
""",
        "versions": f"""
SELECT {VERSION}, v.fiscal_year, v.state, v.reason, v.supersedes_sha256, v.facts, v.recipe, v.first_stored_at,
    (SELECT MIN(h.at) FROM version_history h WHERE h.sha256 = v.sha256 AND h.state = 'loaded') AS first_loaded_at,
    v.loaded_at,
    (SELECT MAX(h.at) FROM version_history h WHERE h.sha256 = v.sha256 AND h.state = 'superseded' AND v.state = 'superseded')
        AS superseded_at,
    (SELECT MAX(h.at) FROM version_history h WHERE h.sha256 = v.sha256 AND v.state <> 'loaded' AND v.state <> 'superseded'
        AND h.history_no = (SELECT MIN(n.history_no) FROM version_history n WHERE n.sha256 = v.sha256 AND n.history_no >
            (SELECT MAX(l.history_no) FROM version_history l WHERE l.sha256 = v.sha256 AND l.state = 'loaded'))) AS withdrawn_at
FROM document_versions v
JOIN documents d ON d.document_id = v.document_id
LEFT JOIN sightings s ON s.sighting_id = d.sighting_id
""",
        "changes": f"""
SELECT {VERSION}, v.fiscal_year AS document_year, c.fiscal_year, c.basis, c.against, c.change, c.kind AS statement, c.side, c.code,
    c.name, c.measure, c.item, c.fund, c.old_raw, c.new_raw, {old_new}, c.old_sha256, c.new_fact_id, v.state
FROM figure_changes c
JOIN document_versions v ON v.sha256 = c.sha256
JOIN documents d ON d.document_id = v.document_id
LEFT JOIN sightings s ON s.sighting_id = d.sighting_id
""",
        "facts_held": f"""
SELECT h.held_from, h.held_until, v.document_id, v.sha256, v.version_no, v.agency, v.region, v.kind, v.title,
    v.fiscal_year AS document_year, COALESCE(f.fiscal_year, v.fiscal_year) AS fiscal_year, f.basis, f.kind AS statement,
    f.side, f.role, f.code, f.name, f.measure, f.item, f.fund, f.column_text, {amounts}, f.raw, f.fact_id, f.fact_no
FROM versions_held h
JOIN document_versions v ON v.sha256 = h.sha256
JOIN facts f ON f.sha256 = h.sha256
WHERE h.state = 'loaded' AND NOT EXISTS (SELECT 1 FROM facts_past p WHERE p.sha256 = h.sha256 AND p.epoch = h.epoch)
UNION ALL
SELECT h.held_from, h.held_until, v.document_id, v.sha256, v.version_no, v.agency, v.region, v.kind, v.title,
    v.fiscal_year, COALESCE(f.fiscal_year, v.fiscal_year), f.basis, f.kind,
    f.side, f.role, f.code, f.name, f.measure, f.item, f.fund, f.column_text, {amounts}, f.raw, f.fact_id, f.fact_no
FROM versions_held h
JOIN document_versions v ON v.sha256 = h.sha256
JOIN facts_past f ON f.sha256 = h.sha256 AND f.epoch = h.epoch
WHERE h.state = 'loaded'
""",
        # a document that names nobody answers for nobody;
        # which document answers for a subject in a year: the one of that year, then the one whose kind is of that basis, the whole
        # department before its own unit, the newest published
        "figure_documents": f"""
SELECT agency, region, fiscal_year, basis, subject, sha256, document_year, scope, is_own_year, documents
FROM (
    SELECT g.agency, g.region, g.fiscal_year, g.basis, g.subject, g.sha256, g.document_year, g.scope,
        COALESCE(g.fiscal_year = g.document_year, TRUE) AS is_own_year,
        COUNT(*) OVER same AS documents,
        ROW_NUMBER() OVER (
            PARTITION BY g.agency, g.region, g.fiscal_year, g.basis, g.subject
            ORDER BY CASE WHEN COALESCE(g.fiscal_year = g.document_year, TRUE) THEN 0 ELSE 1 END,
                CASE WHEN (g.basis = 'final') = (g.kind = 'final_account') THEN 0 ELSE 1 END,
                g.scope, COALESCE(g.published_at, '1900-01-01') DESC, g.sha256
        ) AS choice
    FROM (
        SELECT v.agency, COALESCE(v.region, s.region, '') AS region,
            f.fiscal_year, f.basis, f.subject, v.sha256, v.fiscal_year AS document_year, v.kind, s.published_at{text} AS published_at,
            {UNIT} AS scope
        FROM document_figures f
        {JOINED}
        WHERE v.state = 'loaded' AND v.agency IS NOT NULL
        GROUP BY v.sha256, f.fiscal_year, f.basis, f.subject, v.agency, v.title, v.region, s.region, v.fiscal_year, v.kind,
            s.published_at
    ) g
    WINDOW same AS (PARTITION BY g.agency, g.region, g.fiscal_year, g.basis, g.subject)
) chosen
WHERE choice = 1
""",
        "figures": f"""
SELECT COALESCE(n.department, c.agency) AS department, c.agency, c.region, c.fiscal_year, c.basis, f.subject, f.measure,
    f.code, f.code_system, f.class_code, f.name, {amounts}, f.raw, f.statement, f.adds_up, f.publisher_discrepancy,
    c.scope, n.part_of, c.is_own_year, c.document_year, c.documents, c.sha256, f.fact_no, f.prose_no,
    substr(c.sha256, 1, 16) || ':' || COALESCE(f.fact_id, 'prose:' || f.prose_no) AS cite
FROM figure_documents c
JOIN document_figures f ON f.sha256 = c.sha256 AND f.basis = c.basis AND f.subject = c.subject
    AND f.fiscal_year {same} c.fiscal_year
LEFT JOIN department_names n ON n.region = c.region AND n.agency = c.agency
""",
        "department_totals": f"""
SELECT department, agency, region, fiscal_year, basis, scope, part_of,
    {wide(MEASURES, "amount_wan")},
    {wide(MEASURES, "amount_fen")}
FROM figures
WHERE code = ''
GROUP BY department, agency, region, fiscal_year, basis, scope, part_of
""",
        "three_public": f"""
SELECT department, agency, region, fiscal_year, basis, scope, part_of, document_year, is_own_year, sha256,
    {wide(THREE_PUBLIC, "amount_wan")},
    {wide(THREE_PUBLIC, "amount_fen")}
FROM figures
WHERE subject = 'three_public'
GROUP BY department, agency, region, fiscal_year, basis, scope, part_of, document_year, is_own_year, sha256
""",
    }


def upgrade() -> None:
    op.execute("DROP VIEW facts_current")
    for name, query in views(op.get_bind().dialect.name).items():
        op.execute(f"CREATE VIEW {name} AS {query}")


def downgrade() -> None:
    for name in reversed(views(op.get_bind().dialect.name)):
        op.execute(f"DROP VIEW {name}")
    op.execute(f"CREATE VIEW facts_current AS {FIRST.views(op.get_bind().dialect.name)['facts_current']}")
