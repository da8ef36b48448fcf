"""The states a document version and a run can be in, and the reasons why. One enum each, used everywhere."""

from __future__ import annotations

from enum import StrEnum


class DocumentState(StrEnum):
    """discovered → archived → extracted → validated → loaded, or one of the ends beside that way."""

    DISCOVERED = "discovered"
    ARCHIVED = "archived"
    EXTRACTED = "extracted"
    VALIDATED = "validated"
    LOADED = "loaded"
    IN_REVIEW = "in_review"
    REJECTED = "rejected"
    NOT_A_DISCLOSURE = "not_a_disclosure"
    BLOCKED = "blocked"
    FAILED = "failed"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    TAKEN_APART = "taken_apart"
    """An archive: the documents inside are versions of their own."""


class Reason(StrEnum):
    """Why a document is in its state. The first group are the error codes of the `yusuan extract` contract."""

    EMPTY = "empty"
    TRUNCATED = "truncated"
    ENCRYPTED = "encrypted"
    UNSUPPORTED = "unsupported"
    NOT_A_DOCUMENT = "not_a_document"
    LIMIT_SIZE = "limit_size"
    LIMIT_PAGES = "limit_pages"
    LIMIT_TIME = "limit_time"
    LIMIT_MEMORY = "limit_memory"
    LIMIT_NESTING = "limit_nesting"
    UNSAFE = "unsafe"
    CORRUPT = "corrupt"
    # judged by checks
    CHECKS_FAILED = "checks_failed"
    DECISION_MISFIT = "decision_misfit"
    FIGURES_CHANGED = "figures_changed"
    NOTHING_READ = "nothing_read"
    GOVERNMENT_BUDGET = "government_budget"
    """A government's own budget or debts, no department's."""
    # portal
    NOT_A_BUDGET_TITLE = "not_a_budget_title"
    NOT_A_BUDGET_FILE = "not_a_budget_file"
    OUT_OF_SCOPE = "out_of_scope"
    NO_ATTACHMENT = "no_attachment"
    MISSING_ATTACHMENT = "missing_attachment"
    HTML_INSTEAD_OF_FILE = "html_instead_of_file"
    ROBOTS = "robots"
    CHALLENGE = "challenge"
    HTTP_ERROR = "http_error"
    NETWORK = "network"
    # people
    PERSON = "person"
    WORKER_DIED = "worker_died"


class RunState(StrEnum):
    """A run is never green because it merely ended: `incomplete` stopped early, `suspicious` fell outside its bounds."""

    RUNNING = "running"
    OK = "ok"
    SUSPICIOUS = "suspicious"
    INCOMPLETE = "incomplete"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Severity(StrEnum):
    """`error` needs a person ("hard" in the check catalogue); `warning` is loaded and shown ("soft")."""

    ERROR = "error"
    WARNING = "warning"


class Origin(StrEnum):
    """Whose error a finding is: ours, the publisher's, the portal's or file's, not known, or a question of the form: its figures
    are read right and nothing shows that the rule fits it."""

    EXTRACTION = "extraction"
    PUBLISHER = "publisher"
    SOURCE = "source"
    FORM = "form"
    UNKNOWN = "unknown"
