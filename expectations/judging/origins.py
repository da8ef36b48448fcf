"""Whose error a contradiction is: the publisher's only with positive evidence that our reading of the form is right.

Two readers that agree prove the digits of a cell, never what the form means by it. A rule that holds nowhere else in a table
may not fit the form: such a failure is of origin `form`, a question for a person, and accuses nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from budget.disclosure import PagePlace, SheetPlace
from expectations.judging.reconciliation import Reconciled
from expectations.judging.roots import Root
from expectations.judging.slips import slip_of
from expectations.view.identities import Identity

ENOUGH: Final = 3
"""Places in which a rule must hold before one where it does not is the publisher's."""
SHARE: Final = Decimal("0.8")
"""Share of the places of a rule in one table, or of the documents of one form, that decides."""
_Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Proven:
    """How often each rule holds in each table of a document: (check, statement id) → places."""

    held: Counter[_Place]
    telling: Counter[_Place]

    @classmethod
    def of(cls, one: Reconciled) -> Proven:
        """Counts the claims that compare something other than zeros."""
        held: Counter[_Place] = Counter()
        telling: Counter[_Place] = Counter()
        for identity in one.identities:
            if identity.skipped is not None or not (identity.left_value or identity.right_value):
                continue
            place = _place(identity)
            telling[place] += 1
            held[place] += bool(identity.holds)
        return cls(held, telling)

    def shows(self, identity: Identity) -> bool:
        """Whether the same rule holds in most other places of the same table."""
        place = _place(identity)
        return self.held[place] >= ENOUGH and self.held[place] >= SHARE * self.telling[place]


def _place(identity: Identity) -> _Place:
    return identity.check, identity.statement_ids[0] if identity.statement_ids else ""


def is_shown(proven: Proven, root: Root, identities: Sequence[Identity]) -> bool:
    """Whether a contradiction that two readers see alike is shown to be the publisher's.

    Either its rule holds in the rest of the table, or one cell explains it with an amount that another statement prints, that
    makes several tables agree, or that differs from what is printed as a slip of digits does.
    """
    if any(proven.shows(identity) for identity in identities):
        return True
    if root.cell is None or root.value is None:
        return False
    elsewhere = any(term.cell.statement_id != root.cell.statement_id for term in root.printed_elsewhere)
    tables = {_place(identity) for identity in identities}
    slip = slip_of(root.cell.value, root.value)
    return elsewhere or len(tables) > 1 or (slip is not None and slip.kind in SLIPS_OF_DIGITS)


SLIPS_OF_DIGITS: Final = frozenset({"digit", "swap", "dropped", "doubled", "decimal", "sign"})


def may_be_unread(one: Reconciled, identities: Sequence[Identity]) -> bool:
    """Whether figures that were read into no table stand where the tables of a contradiction are printed, or on the page behind:
    what is missing from a sum may be among them, and no publisher is accused of it."""
    unread = [left.at for left in one.disclosure.unread]
    if not unread:
        return False
    tables = {sid for identity in identities for sid in identity.statement_ids}
    for statement in one.disclosure.statements:
        if statement.id in tables:
            places = [at for row in statement.rows for at in row.at if at is not None]
            pages = {at.page for at in places if isinstance(at, PagePlace)}
            sheets = {at.sheet for at in places if isinstance(at, SheetPlace)}
            for at in unread:
                if isinstance(at, PagePlace) and (at.page in pages or at.page - 1 in pages):
                    return True
                if isinstance(at, SheetPlace) and at.sheet in sheets:
                    return True
    return False
