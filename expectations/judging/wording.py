"""From failing identities to findings: which cell is suspected, whose error it is, and what a person reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal

from budget.amounts import decimal_text
from budget.disclosure import Finding, FindingCell, PagePlace, Place, SheetPlace, TablePlace
from budget.known_forms import NOTHING_KNOWN, KnownForms, SharedFailure, reading_named
from budget.states import Origin, Severity
from expectations.judging.catalogue import check
from expectations.judging.form_knowledge import KnownHere
from expectations.judging.origins import SLIPS_OF_DIGITS, Proven, is_shown, may_be_unread
from expectations.judging.reconciliation import Reconciled, severity_of
from expectations.judging.roots import Root, roots_of
from expectations.judging.sampling import same_reading
from expectations.judging.slips import Slip, counted_of, shift_of, slip_of
from expectations.view.identities import Identity
from expectations.view.tables import Cell

MOST_CELLS = 40
UNREAD = "UNREAD"
"""Check id of a number that was read into no cell; the reading room gives it the same name."""


def findings_of(
    one: Reconciled,
    failing: Sequence[int],
    second_reading: Callable[[str, Place], str | None] | None,
    known: KnownForms = NOTHING_KNOWN,
) -> tuple[Finding, ...]:
    """The findings a disclosure carries, then numbers that were not read, then roots each followed by what they cause."""
    findings = list(one.disclosure.findings)
    findings += _unread(one)
    groups = _grouped(one.identities, failing)
    placed: dict[int, int] = {}
    slipped = _slipped(groups)
    of_table: dict[tuple[str, str], int] = {}
    proven = Proven.of(one)
    here = KnownHere(one, known)
    for number, (root, identities) in enumerate(groups):
        first: int | None = placed.get(root.moved_to) if root.moved_to is not None else None
        table = _table_of(identities[0])
        if first is None and table in slipped:
            first = of_table.get(table)
        alike, whose = here.shared(identities), here.whose(identities)
        origin = _with_forms(_origin(one, root, identities, second_reading, proven), alike, whose)
        for identity in identities:
            finding = _finding(one, identity, root, origin, is_root=first is None)
            if alike is not None and whose is None and first is None:
                finding = finding.model_copy(update={"message": _told_as_shared(finding.message, alike)})
            if first is not None:
                finding = finding.model_copy(update={"caused_by": first})
            findings.append(finding)
            if first is None:
                first = len(findings) - 1
                placed[number] = first
                of_table.setdefault(table, first)
    return tuple(findings)


ONE_MISHAP = 5
"""Contradictions of one rule in one table from which they are one finding: a column that slipped breaks every row."""


def _told_as_shared(message: str, shared: SharedFailure) -> str:
    first, chinese, english = message.split("\n")
    many = shared.asked is not None
    zh = f"{shared.asked} 份文件中有 {shared.failed} 份" if many else "多数文件"
    en = f"{shared.failed} of {shared.asked} documents" if many else "most documents"
    zh, en = (
        f"同一表式的{zh}同样不成立，可能是规则不适合该表式",
        f"{en} of this form fail alike: the rule may not fit the form",
    )
    if shared.explained is not None:
        reading, part = reading_named(shared.explained)
        named = f"“{part}”" if part else ""
        zh, en = (
            f"{zh}（均可解释为：{reading.zh}{named}）",
            f"{en} (explained in each by {shared.explained}: {reading.en})",
        )
    return f"{first}\n{chinese[:-1]}；{zh}。\n{english[:-1]}; {en}."


def _slipped(groups: Sequence[tuple[Root, list[Identity]]]) -> set[tuple[str, str]]:
    """(check, statement id) of the rules that break so often in one table that one mishap lies behind them."""
    often = Counter(_table_of(identities[0]) for _, identities in groups)
    return {table for table, many in often.items() if many >= ONE_MISHAP and table[1]}


def _table_of(identity: Identity) -> tuple[str, str]:
    return identity.check, identity.statement_ids[0] if identity.statement_ids else ""


def _grouped(identities: Sequence[Identity], failing: Sequence[int]) -> list[tuple[Root, list[Identity]]]:
    """Errors are explained among themselves before warnings are looked at, so that a warning never blames a sound cell."""
    hard = [number for number in failing if severity_of(identities[number]) is Severity.ERROR]
    soft = [number for number in failing if severity_of(identities[number]) is Severity.WARNING]
    groups = []
    for numbers in (hard, soft):
        for root in roots_of(identities, numbers):
            groups.append((root, [identities[number] for number in root.explains]))
    return groups


def _unread(one: Reconciled) -> list[Finding]:
    told = {(cell.raw, cell.at) for f in one.disclosure.findings if f.check == UNREAD for cell in f.cells}
    return [
        Finding(
            check=UNREAD, severity=Severity.ERROR, origin=Origin.EXTRACTION, cells=(FindingCell(at=left.at, raw=left.text),),
            message=f"UNREAD 未归入单元格的数字：{left.text}\n表内数字“{left.text}”（{where(left.at)}）未归入任何单元格。\n"
            f"The number {left.text} inside a table was read into no cell ({where(left.at, english=True)}).",
        )
        for left in one.disclosure.unread
        if (left.text, left.at) not in told
    ]  # fmt: skip


def _origin(
    one: Reconciled, root: Root, identities: Sequence[Identity],
    second_reading: Callable[[str, Place], str | None] | None, proven: Proven,
) -> Origin:  # fmt: skip
    """Extraction when a second reader reads one of the suspected cells otherwise. When it reads them as we did: publisher, if
    evidence shows that the rule fits the form (`origins.is_shown`), else form.

    Without a second reader only a slip inside the stored text of a cell tells: that was the publisher's.
    """
    said = [origin for identity in identities if (origin := check(identity.check).origin) is not None]
    if said:
        return said[0]
    if _misprinted(root):
        return Origin.PUBLISHER
    if second_reading is None:
        return Origin.UNKNOWN
    heard = _heard(one, root, identities, second_reading)
    if any(answer is False for answer in heard):
        return Origin.EXTRACTION
    # of two documents only the cells of this one were read again
    if heard and all(heard) and not all(check(one.check).family == "DOC" for one in identities):
        if may_be_unread(one, identities):
            return Origin.UNKNOWN
        return Origin.PUBLISHER if is_shown(proven, root, identities) else Origin.FORM
    return Origin.UNKNOWN


def _heard(
    one: Reconciled, root: Root, identities: Sequence[Identity], second_reading: Callable[[str, Place], str | None]
) -> list[bool | None]:
    """What the second reader says of the suspected cell, or of all cells where there is none: alike, otherwise, nothing."""
    cells = [root.cell] if root.cell is not None and root.value is not None else [
        term.cell for identity in identities for term in identity.terms
    ]  # fmt: skip
    return [
        _agrees(one.disclosure.document.sha256, cell, second_reading)
        for cell in cells[:MOST_CELLS]
        if cell.at and cell.statement_id  # the place of a form or a sentence is not that of one figure
    ]


def _with_forms(origin: Origin, alike: SharedFailure | None, whose: str | None) -> Origin:
    """The origin with what is known of the form: a person's word that the rule fits is evidence; a failure that the form shares, or
    that a person said is not theirs, accuses nobody."""
    if whose == "theirs":
        return Origin.PUBLISHER if origin is Origin.FORM else origin
    asked = alike is not None or whose is not None
    return Origin.FORM if asked and origin in (Origin.PUBLISHER, Origin.UNKNOWN) else origin


def _misprinted(root: Root) -> bool:
    """Whether the figure was mistyped before we saw it: the text of a workbook, Word or HTML cell is taken as it is stored.

    A reader of such a file can lose or shift a cell, but it cannot swap two digits of one.
    """
    if root.cell is None or root.value is None or not isinstance(root.cell.at, SheetPlace | TablePlace):
        return False
    slip = slip_of(root.cell.value, root.value)
    return root.cell.printed and root.moved_from is None and slip is not None and slip.kind in SLIPS_OF_DIGITS


def _agrees(sha256: str, cell: Cell, second_reading: Callable[[str, Place], str | None]) -> bool | None:
    assert cell.at is not None
    other = second_reading(sha256, cell.at)
    return None if other is None else same_reading(other, cell.raw)


def _finding(one: Reconciled, identity: Identity, root: Root, origin: Origin, *, is_root: bool) -> Finding:
    cells = _cells(identity, root)
    return Finding(
        check=identity.check,
        severity=severity_of(identity),
        origin=origin,
        message=_message(one, identity, root if is_root else None),
        cells=cells,
        statement_id=(root.cell.statement_id if root.cell is not None else None)
        or (identity.statement_ids[0] if identity.statement_ids else None),
        left=decimal_text(identity.left_value),
        right=decimal_text(identity.right_value),
        difference=decimal_text(identity.difference),
        tolerance=decimal_text(identity.tolerance),
    )


def _cells(identity: Identity, root: Root) -> tuple[FindingCell, ...]:
    """The suspected cell first, then the cells of both sides; printed ones before blanks."""
    ordered: list[Cell] = [cell for cell in (root.cell, root.moved_from) if cell is not None]
    ordered += sorted((term.cell for term in identity.terms), key=lambda cell: not cell.printed)
    seen: dict[tuple[str, int, int], Cell] = {}
    for cell in ordered:
        seen.setdefault((cell.statement_id, cell.row, cell.col), cell)
    return tuple(
        FindingCell(fact_id=cell.fact_id, at=cell.at, raw=cell.raw) for cell in list(seen.values())[:MOST_CELLS]
    )


def where(place: Place | None, *, english: bool = False) -> str:
    """A place in words: 第3页, 工作表 Sheet1!C12, 第2个表第5行第3列."""
    if isinstance(place, PagePlace):
        return f"page {place.page}" if english else f"第{place.page}页"
    if isinstance(place, SheetPlace):
        return f"sheet {place.sheet} cell {place.cell}" if english else f"工作表 {place.sheet} {place.cell}"
    if isinstance(place, TablePlace):
        spot = (place.table, place.row + 1, place.col + 1)
        return "table {} row {} column {}".format(*spot) if english else "第{}个表第{}行第{}列".format(*spot)
    return "no place" if english else "无位置"


def _money(value: Decimal) -> str:
    return decimal_text(value)


def _message(one: Reconciled, identity: Identity, root: Root | None) -> str:
    """Three lines: what contradicts what, in a few words; a sentence in Chinese; a sentence in English.

    The findings that a root causes are told in the first line and the rule alone.
    """
    titles = {table.statement.id: table.title for table in one.tables}
    rule = check(identity.check)
    spot = next((term.cell.at for term in identity.terms if term.cell.printed), None)
    statements = "、".join(dict.fromkeys(titles.get(sid, sid) for sid in identity.statement_ids))
    statements = statements or ("绩效目标表" if identity.check.startswith("PRJ") else "文字说明")
    label = inside_quotes("·".join(part for part in (identity.row_label, identity.column_label) if part))
    sign = "≠" if identity.relation == "=" else "＞"
    left, right, gap = (_money(v) for v in (identity.left_value, identity.right_value, identity.difference))
    first = f"{identity.check} {_brief(identity, titles)}：{left} {sign} {right}"
    chinese = f"{statements}（{where(spot)}）“{label}”应满足“{rule.zh}”，现为 {left} {sign} {right}，相差 {gap}"
    english = f"Expected: {rule.en}; found {left} {sign} {right}, difference {gap} ({where(spot, english=True)})"
    if identity.note:
        zh, _, en = identity.note.partition(" / ")
        chinese, english = f"{chinese}，{zh}", f"{english}, {en or zh}"
    if root is not None and root.cell is not None:
        chinese, english = _suspicion(one, chinese, english, root, titles)
    return f"{first}\n{chinese}。\n{english}."


def inside_quotes(text: str) -> str:
    """A label to stand between “ and ”: quotation marks of its own (“三公”经费) become single ones."""
    return text.replace("“", "‘").replace("”", "’")


LONGEST_FIRST = 40
"""Characters of the place in the first line; a reviewer's list shows it beside other lines."""


def _brief(identity: Identity, titles: dict[str, str]) -> str:
    title = titles.get(identity.statement_ids[0], "") if identity.statement_ids else ""
    label = f"{title} {identity.row_label}".strip()
    return label if len(label) <= LONGEST_FIRST else label[: LONGEST_FIRST - 1] + "…"


def _suspicion(one: Reconciled, chinese: str, english: str, root: Root, titles: dict[str, str]) -> tuple[str, str]:
    cell = root.cell
    assert cell is not None
    title = titles.get(cell.statement_id, "")
    printed = cell.raw or "空白"
    if root.value is None:
        return (
            f"{chinese}；没有单个单元格能解释，可能缺行或多处有误",
            f"{english}; no single cell explains this: a row may be missing, or several cells are wrong",
        )
    value = _money(root.value)
    many = len(root.explains)
    label = inside_quotes(root.label.removeprefix(title).strip())
    chinese += f"；疑点是{title}“{label}”印作 {printed}，若为 {value} 则 {many} 项勾稽{'全部' if many > 1 else ''}成立"
    english += f"; suspected is {title}“{label}”, printed as {cell.raw or 'blank'}: as {value} "
    english += f"all {many} identities hold" if many > 1 else "the identity holds"
    if witnesses := _witnesses(root, titles):
        chinese += f"，{witnesses}均为 {value}"
        english += f", and {value} is printed in {witnesses}"
    if slip := _slip(one, root):
        chinese += f"（{slip.zh}）"
        english += f" ({slip.en})"
    return chinese, english


def _slip(one: Reconciled, root: Root) -> Slip | None:
    """What the printed and the right amount show of how the fault came to be."""
    assert root.cell is not None and root.value is not None
    if root.moved_from is not None:
        raw = root.moved_from.raw
        return Slip("column", f"同行另一列印有 {raw}，可能错列", f"the same row prints {raw} in another column: it may stand one column off")  # fmt: skip
    table = next((table for table in one.tables if table.statement.id == root.cell.statement_id), None)
    counted = counted_of(root.cell, root.value, table) if table is not None else None
    if counted is not None and counted.kind == "twice":
        return counted
    return slip_of(root.cell.value, root.value) or shift_of(root.cell, root.printed_elsewhere) or counted


MOST_WITNESSES = 4


def _witnesses(root: Root, titles: dict[str, str]) -> str:
    """Where the right amount is printed: other statements first, by title and row; then other rows of the same one."""
    assert root.cell is not None
    own = root.cell.statement_id
    others: dict[str, str] = {}
    same: list[str] = []
    for term in root.printed_elsewhere:
        sid = term.cell.statement_id
        title = titles.get(sid, "")
        row = inside_quotes(term.label.removeprefix(title).strip())
        if sid == own:
            same.append(row)
        elif not sid:
            others.setdefault(sid, row)
        else:
            others.setdefault(sid, f"{title}“{row}”" if title else row)
    told = list(others.values())[:MOST_WITNESSES]
    told += [f"本表“{row}”" if own else f"“{row}”" for row in dict.fromkeys(same)][: max(1, 3 - len(told))]
    return "、".join(told)
