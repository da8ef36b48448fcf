"""`yusuan forms …`: what is known of printed forms, and what people decide of a check that fails on a whole form."""

from __future__ import annotations

import dataclasses
import getpass
import json
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError

from flows.commands.counted import counted
from flows.commands.figures import opened
from flows.commands.tables_of_figures import show_rows
from flows.commands.terminal import HomeOption, JsonFlag, existing, out, stop

if TYPE_CHECKING:
    from budget.known_forms import FormDecision
    from warehouse import Warehouse
    from warehouse.forms import FormQuestion

forms_app = typer.Typer(
    no_args_is_help=True,
    help="Printed forms 表式: how the checks fare on them, and what people decided.\n\nA check that fails in most documents of a form is "
    "one question: theirs (fits) or ours (does_not_fit), or how the form adds up (docs/forms.md). A decision is data: it can be read, "
    "revoked and carried to another installation.",
)
ByOption = Annotated[str | None, typer.Option("--by", help="Who decides; default: the user of this system.")]
RowsOption = Annotated[
    list[str] | None, typer.Option("--row", help="Only at this row (repeat); default: wherever most documents fail.")
]
PublisherOption = Annotated[str | None, typer.Option("--publisher", help="Region, where several print the form.")]
LaterOption = Annotated[
    bool, typer.Option("--later", help="Leave it to the next run to judge the form's documents again.")
]


def _lines(things: Iterable[Any]) -> None:
    for one in things:
        told = dataclasses.asdict(one) if dataclasses.is_dataclass(one) and not isinstance(one, type) else one
        sys.stdout.write(json.dumps(told, ensure_ascii=False, default=str) + "\n")


@forms_app.command("list")
def list_forms(
    decisions: Annotated[bool, typer.Option("--decisions", help="What people decided, with what was revoked.")] = False,
    every: Annotated[
        bool, typer.Option("--all", help="Every form that was met, not only those with a question.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Questions about whole forms that wait for a person; every form with --all, decisions with --decisions."""
    from warehouse.forms import decisions as decided
    from warehouse.forms import open_questions

    with opened(home) as warehouse:
        if decisions:
            _show_decisions(decided(warehouse, revoked=True), as_json)
        elif every:
            found = warehouse.rows("SELECT * FROM forms ORDER BY publisher, kind, form")
            if as_json:
                _lines(found)
            else:
                columns = ("form", "publisher", "kind", "title", "documents")
                show_rows(columns, [tuple(row[name] for name in columns) for row in found], "table")
        else:
            _show_questions(open_questions(warehouse), as_json)


def _show_questions(questions: list[FormQuestion], as_json: bool) -> None:
    if as_json:
        _lines(questions)
        return
    for one in questions:
        where = f"{one.form}  {one.publisher or '-'}  {one.title or one.kind}"
        rows = "、".join(one.rows[:4]) + (" …" if len(one.rows) > 4 else "")
        out.print(f"{where}\n  {one.check} fails in {one.failed} of {one.asked} 份同样不成立: {rows}", markup=False, highlight=False, soft_wrap=True)  # fmt: skip
        if one.explained is not None:
            out.print(f"  each is explained by 均可解释为 {one.explained}", markup=False, highlight=False)
        reading = one.explained or "fits|does_not_fit"
        out.print(f"  yusuan forms decide {one.form[:8]} {one.check} {reading} --note …", markup=False, highlight=False)
    if not questions:
        out.print("no question about a whole form 没有待认定的表式问题")


def _show_decisions(found: list[FormDecision], as_json: bool) -> None:
    if as_json:
        _lines(one.model_dump(mode="json") for one in found)
        return
    columns = ("id", "state", "publisher", "form", "check", "row", "reading", "by", "note")
    show_rows(
        columns,
        [
            (
                one.id, "revoked" if one.revoked_at else "holds", one.publisher, f"{one.form[:8]} {one.title or ''}", one.check,
                one.row, one.reading, one.decided_by, one.note,
            )
            for one in found
        ],
        "table",
    )  # fmt: skip


@forms_app.command()
def show(
    form: Annotated[str, typer.Argument(help="A form by its first digits.", show_default=False)],
    failing: Annotated[bool, typer.Option("--failing", help="Only checks that fail in a document.")] = False,
    home: HomeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """How every check fares at every row of a form, by publisher; `*` is all rows together."""
    with opened(home) as warehouse:
        found = warehouse.rows(
            "SELECT publisher, check_id, row_label, asked, held, failed, reading FROM form_checks WHERE form LIKE :form "
            "ORDER BY publisher, failed DESC, check_id, row_label",
            form=f"{form}%",
        )
        found = [row for row in found if row["failed"] or not failing]
        titles = warehouse.rows("SELECT * FROM forms WHERE form LIKE :form ORDER BY publisher", form=f"{form}%")
    if not titles:
        raise stop(f"no form begins with {form}; `yusuan forms list --all`")
    if as_json:
        _lines(found)
        return
    for one in titles:
        out.print(f"{one['form']}  {one['publisher'] or '-'}  {one['title'] or one['kind']}: {counted(one['documents'], 'document')}", markup=False, highlight=False)  # fmt: skip
    show_rows(tuple(found[0]) if found else ("check_id",), [tuple(row.values()) for row in found], "table")


@forms_app.command()
def decide(
    form: Annotated[str, typer.Argument(help="A form by its first digits.", show_default=False)],
    check: Annotated[str, typer.Argument(help="The check that fails, XRF-04.", show_default=False)],
    reading: Annotated[
        str, typer.Argument(help="fits, does_not_fit, carry_over, of_which, contained=PART, twice.", show_default=False)
    ],
    note: Annotated[
        str, typer.Option("--note", help="Why; who reads it next year must understand.", show_default=False)
    ],
    row: RowsOption = None,
    publisher: PublisherOption = None,
    everywhere: Annotated[bool, typer.Option("--everywhere", help="For this form, whoever prints it.")] = False,
    later: LaterOption = False,
    by: ByOption = None,
    home: HomeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Theirs or ours: what a check means on a form. The documents of the form are judged again at once, from what was read.

    Exit status: 0 decided, 1 refused.
    """
    from budget.known_forms import ReadingRefusedError
    from warehouse.forms import FormRefusedError
    from warehouse.forms import decide as put

    with opened(home) as warehouse:
        try:
            made = put(
                warehouse, form, check.upper(), reading, note=note, by=by or getpass.getuser(), rows=row or (),
                publisher=publisher, everywhere=everywhere,
            )  # fmt: skip
        except (FormRefusedError, ReadingRefusedError) as refused:
            raise stop(str(refused)) from None
        if as_json:
            _lines(one.model_dump(mode="json") for one in made)
        else:
            for one in made:
                out.print(f"{one.id}: {one.check} “{one.row}” {one.reading}", markup=False, highlight=False)
        _judge_again(home, warehouse, later, as_json)


@forms_app.command()
def revoke(
    decision: Annotated[
        list[str], typer.Argument(help="Decisions by id, or their first characters.", show_default=False)
    ],
    later: LaterOption = False,
    by: ByOption = None,
    home: HomeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Take decisions back; the documents of their forms are judged again at once."""
    from warehouse.forms import FormRefusedError
    from warehouse.forms import revoke as take_back

    with opened(home) as warehouse:
        for written in decision:
            try:
                gone = take_back(warehouse, written, by or getpass.getuser())
            except FormRefusedError as refused:
                raise stop(str(refused)) from None
            if as_json:
                _lines([gone.model_dump(mode="json")])
            else:
                out.print(f"{gone.id}: revoked", markup=False, highlight=False)
        _judge_again(home, warehouse, later, as_json)


def _judge_again(home: Path | None, warehouse: Warehouse, later: bool, as_json: bool) -> None:
    from archive.store import Archive
    from flows.commands.review_page import judge_again_here

    if later:
        return
    with Archive(existing(home).archive) as archive:
        many = judge_again_here(warehouse, archive)
    if not as_json:
        out.print(f"{counted(many, 'document')} judged again 已重新勾稽", markup=False, highlight=False)


@forms_app.command()
def export(
    to: Annotated[Path | None, typer.Argument(help="File; standard output when not given.")] = None,
    revoked: Annotated[bool, typer.Option("--revoked", help="With decisions that were taken back.")] = False,
    home: HomeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """The decisions as TOML (or JSON lines), one readable entry each: to read, keep under version control, or carry elsewhere."""
    from warehouse.forms import decisions

    with opened(home) as warehouse:
        found = decisions(warehouse, revoked=revoked)
    if as_json:
        written = "".join(json.dumps(_told(one), ensure_ascii=False) + "\n" for one in found)
    else:
        written = "# Decisions of people on printed forms: yusuan forms import takes them in elsewhere.\n"
        written += "".join(_as_toml(one) for one in found)
    if to is None:
        sys.stdout.write(written)
        return
    to.write_text(written, encoding="utf-8")
    out.print(f"{to}: {counted(len(found), 'decision')}", markup=False, highlight=False)


def _told(one: FormDecision) -> dict[str, Any]:
    return one.model_dump(mode="json", exclude_none=True)


def _as_toml(one: FormDecision) -> str:
    # a string of JSON is a basic string of TOML but for the control character DEL
    lines = (
        f"{name} = {json.dumps(value, ensure_ascii=False)}".replace("\x7f", "\\u007f")
        for name, value in _told(one).items()
    )
    return "\n[[decision]]\n" + "\n".join(lines) + "\n"


@forms_app.command("import")
def take_in(
    source: Annotated[Path, typer.Argument(help="What `yusuan forms export` wrote.", show_default=False)],
    later: LaterOption = False,
    home: HomeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Take in the decisions of another installation. What was decided here is not overruled; what is left out is said.

    Exit status: 0 taken in, 1 no such file or no decisions in it.
    """
    from budget.known_forms import ReadingRefusedError
    from warehouse.forms import take_in as put

    try:
        brought = read_decisions(source)
    except (OSError, UnicodeDecodeError, ValueError) as wrong:
        raise stop(f"{source}: no decisions can be read from it: {_in_one_line(wrong)}") from None
    with opened(home) as warehouse:
        try:
            taken, left = put(warehouse, brought)
        except ReadingRefusedError as refused:
            raise stop(f"{source}: {refused}; nothing was taken in") from None
        if as_json:
            _lines([{"taken": [_told(one) for one in taken], "left": left}])
        else:
            out.print(f"{counted(len(taken), 'decision')} taken in 已导入", markup=False, highlight=False)
            for why in left:
                out.print(f"  not taken: {why}", markup=False, highlight=False)
        _judge_again(home, warehouse, later, as_json)


def _in_one_line(wrong: Exception) -> str:
    if isinstance(wrong, ValidationError):
        first = wrong.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return str(wrong).partition("\n")[0]


def read_decisions(source: Path) -> list[FormDecision]:
    """The decisions in a file of `export`, TOML or JSON lines. Raises OSError and ValueError."""
    from budget.known_forms import FormDecision

    text = source.read_text(encoding="utf-8")
    if text.lstrip().startswith("{"):
        found = [json.loads(line) for line in text.splitlines() if line.strip()]
    else:
        found = tomllib.loads(text).get("decision", [])
    return [FormDecision.model_validate(one) for one in found]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(forms_app, name="forms")
