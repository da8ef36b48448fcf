"""`Disclosure`: one document as read. The pydantic form of `budget/data/disclosure.schema.json`, the project's contract.

Amounts are decimal strings in 万元 (never floats) so that a Disclosure survives JSON unchanged; `Fact.value` gives the
`Decimal`. Models are frozen: a correction or a judgement makes a new Disclosure (`model_copy(update=…)`).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from budget.cycles import no_search_for_cycles
from budget.states import Origin, Severity

SCHEMA = "yusuan.disclosure/1"
DECIMAL = r"^-?\d+(\.\d+)?$"

DocumentKind = Literal[
    "department_budget",
    "unit_budget",
    "final_account",
    "performance_text",
    "narrative",
    "government_budget",
    "not_a_disclosure",
]
ReaderName = Literal["pdf", "scan", "docx", "doc", "rtf", "xlsx", "xls", "html", "ofd"]
ErrorCode = Literal[
    "empty", "truncated", "encrypted", "unsupported", "not_a_document", "limit_size", "limit_pages", "limit_time",
    "limit_memory", "limit_nesting", "unsafe", "corrupt", "worker_died",
]  # fmt: skip
Role = Literal["grand_total", "total", "subtotal", "class", "section", "item", "detail", "carry", "of_which"]
CodeSystem = Literal["functional", "department_economic", "government_economic", "project", "catalogue", "unit"]
Fund = Literal["all", "fiscal", "general_budget", "gov_fund", "state_capital", "fiscal_account_funds", "unit_funds"]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PagePlace(_Model):
    """A box on a page of a PDF or scan: page from 1, [x0, top, x1, bottom] in points from the top left as displayed."""

    page: int = Field(ge=1)
    bbox: tuple[float, float, float, float]

    @classmethod
    def measured(cls, page: int, bbox: tuple[float, float, float, float]) -> PagePlace:
        """The place of a cell that a reader itself measured, without validation: a document has tens of thousands.

        What `model_construct` does for any model, for these two fields and with one set of field names for all places.
        """
        place = cls.__new__(cls)
        set_attribute = object.__setattr__
        set_attribute(place, "__dict__", {"page": page, "bbox": bbox})
        set_attribute(place, "__pydantic_fields_set__", _MEASURED)
        set_attribute(place, "__pydantic_extra__", None)
        set_attribute(place, "__pydantic_private__", None)
        return place


_MEASURED = {"page", "bbox"}


class SheetPlace(_Model):
    """A cell of a workbook, `C12`."""

    sheet: str
    cell: str


class TablePlace(_Model):
    """A cell of a Word or HTML table: table from 1 in document order, row and col from 0 in the rectangular grid."""

    table: int
    row: int
    col: int


Place = Annotated[PagePlace | SheetPlace | TablePlace, Field(union_mode="left_to_right")]
"""No two kinds of place share a field: the first that fits is the only one, and no other needs to be tried."""
ColumnPath = tuple[str, ...]


class DocumentError(_Model):
    code: ErrorCode
    message: str


class Document(_Model):
    file: str
    sha256: str
    reader: ReaderName | None
    pages: int | None = None
    kind: DocumentKind | None
    agency: str | None = None
    agency_code: str | None = None
    region: str | None = None
    fiscal_year: int | None = None
    title: str | None = None
    recipe: str = ""
    error: DocumentError | None = None


class Row(_Model):
    """A printed row: one text a column as printed, and where each stands."""

    cells: tuple[str, ...]
    at: tuple[Place | None, ...] = ()


class Statement(_Model):
    """One table, joined over its pages. `kind` is a statement kind of the domain, or `unknown`."""

    id: str
    kind: str
    title: str | None
    unit: Literal["元", "千元", "万元", "亿元"] | None
    fiscal_year: int | None = None
    pages: tuple[int, ...] = ()
    columns: tuple[ColumnPath, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    declared_empty: bool
    confidence: float | None = None


class Correction(_Model):
    """What a person typed beside a figure: `raw` in the unit of the page, who and why, and the decision's id."""

    raw: str
    by: str
    why: str
    decision: str


class Fact(_Model):
    """One money cell. `amount` is 万元; `raw` is what was read from the page; `column` the whole header path.

    A correction stands beside `raw` and never in it; then `amount` is that of the correction.
    """

    id: str
    statement_id: str
    kind: str
    row: int
    col: int
    column: ColumnPath
    side: Literal["revenue", "expenditure"] | None = None
    code: str
    code_system: CodeSystem | None = None
    alt_code: str | None = None
    name: str
    ordinal: str | None = None
    role: Role
    parent_row: int | None = None
    """The row of the same statement that this one is a part of; None for totals and top rows."""
    measure: str
    item: str | None = None
    fund: Fund | None = None
    fiscal_year: int | None = None
    basis: Literal["budget", "final"] | None = None
    raw: str
    amount: str = Field(pattern=DECIMAL)
    at: Place | None
    confidence: float | None = None
    corrected: Correction | None = None

    @property
    def value(self) -> Decimal:
        """The amount in 万元."""
        return Decimal(self.amount)

    @property
    def amount_text(self) -> str:
        """The text that `amount` was taken from: what a person typed, else what was read."""
        return self.corrected.raw if self.corrected is not None else self.raw


class Indicator(_Model):
    level1: str
    level2: str
    level3: str
    description: str | None = None
    operator: Literal["=", "≥", "≤", ">", "<"] | None = None
    value: str | None = None
    unit: str | None = None
    text: str
    basis: str | None = None


class Project(_Model):
    """One performance form (绩效目标表): amounts in 万元, indicators as printed."""

    code: str | None = None
    name: str
    amount: str | None
    fiscal: str | None = None
    other: str | None = None
    executed: str | None = None
    """What was spent, where a self-assessment prints it beside what was planned (全年执行数)."""
    plan: dict[str, str] = Field(default_factory=dict)
    goals: tuple[str, ...] = ()
    indicators: tuple[Indicator, ...]
    at: Place | None = None


class ProseFact(_Model):
    """A figure that the narrative states: `amount` in 万元, changes signed (减少 is negative). Topics: docs/prose.md."""

    topic: str
    amount: str | None = None
    percent: str | None = None
    count: str | None = None
    unit: str | None = None
    """As printed: a unit of money, %, or a measure word."""
    raw: str | None = None
    """The figure as printed, without its unit: `19,302` is known to no more than the 万元, `18.10` to the hundredth."""
    name: str | None = None
    """What the figure is for where the topic is a list's (办公费 of agency_running_item) or `other`."""
    fiscal_year: int | None = None
    base_year: int | None = None
    """The year a change is measured against, where the sentence names it."""
    sentence: str
    at: Place | None = None


class FindingCell(_Model):
    fact_id: str | None = None
    at: Place | None = None
    raw: str = ""


class Finding(_Model):
    """One judgement that a person or analyst should see; `cells` names the suspected cell first."""

    check: str
    severity: Severity
    origin: Origin
    message: str
    cells: tuple[FindingCell, ...]
    statement_id: str | None = None
    left: str | None = None
    right: str | None = None
    difference: str | None = None
    tolerance: str | None = None
    caused_by: int | None = None


class Unread(_Model):
    """A number shown inside a table area that ended in no cell."""

    text: str
    at: Place | None = None


class Disclosure(_Model):
    """Everything read from one document."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    schema_: Literal["yusuan.disclosure/1"] = Field(default="yusuan.disclosure/1", alias="schema")
    document: Document
    statements: tuple[Statement, ...] = ()
    facts: tuple[Fact, ...] = ()
    projects: tuple[Project, ...] = ()
    prose_facts: tuple[ProseFact, ...] = ()
    findings: tuple[Finding, ...] = ()
    unread: tuple[Unread, ...] = ()
    seconds: float | None = None

    def to_json(self) -> str:
        """One JSON object as the contract wants it (`seconds` left out when not measured)."""
        exclude = {"seconds"} if self.seconds is None else set()
        return self.model_dump_json(by_alias=True, exclude=exclude)

    @classmethod
    def from_json(cls, text: str | bytes) -> Disclosure:
        """The inverse of `to_json`; raises pydantic.ValidationError for anything that is not the contract."""
        with no_search_for_cycles():
            return cls.model_validate_json(text)

    @property
    def statement_by_id(self) -> dict[str, Statement]:
        return {statement.id: statement for statement in self.statements}

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that keep the document out of the warehouse."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)
