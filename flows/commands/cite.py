"""`yusuan cite`: everything that is needed to quote one figure, and its picture."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands.figures import opened
from flows.commands.terminal import HomeOption, JsonFlag, existing, out, stop

if TYPE_CHECKING:
    from warehouse.citations import Citation


def cite(
    figure: Annotated[
        str,
        typer.Argument(
            help="As the column cite of the views, SHA256:FACT; a cell, SHA256:TABLE:ROW:COL; SHA256:prose:N.",
            show_default=False,
        ),
    ],
    picture: Annotated[
        Path | None, typer.Option("--picture", help="Write the picture here (PNG, or HTML for files without pages).")
    ] = None,
    home: HomeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """A citation for a figure: who printed it, address, dates, hash, page and box, what proves it, its picture.

    Exit status: 0, 1 no such figure, 3 the figure but not its picture.

    Example:

        yusuan cite 7f69de7ec3efea16:f00118 --picture cell.png
    """
    from archive.store import Archive
    from flows.documents.cut_pictures import NoPictureError, cut
    from warehouse.citations import NoSuchFigureError
    from warehouse.citations import cite as ask

    missing = None
    written: Path | None = None
    said = None
    with opened(home) as warehouse:
        try:
            found = ask(warehouse.engine, figure)
        except NoSuchFigureError as wrong:
            raise stop(str(wrong)) from None
        if picture is not None:
            try:
                with Archive(existing(home).archive) as archive:
                    made = cut(found, archive, warehouse.disclosure(found.sha256))
                written = picture if picture.suffix == made.suffix else picture.with_suffix(made.suffix)
                written.write_bytes(made.data)
                said = made.said
            except NoPictureError as trouble:
                missing = str(trouble)
            except OSError as error:
                raise stop(f"{picture}: cannot be written 无法写入: {error.strerror}", 2) from None
    if as_json:
        told = {
            **found.as_json(),
            "status": found.status,
            "line": found.line,
            "picture": str(written) if written else None,
        }
        told |= {"picture_says": said, "picture_missing": missing}
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    else:
        _show(found)
        if written is not None:
            out.print(f"picture 截图   {written}  ({said})", markup=False, highlight=False, soft_wrap=True)
    if missing:
        raise stop(f"no picture: {missing}", 3)


def _show(found: Citation) -> None:
    lines = [
        ("agency 部门", f"{found.agency or ''}  {found.region or ''}"), ("title 标题", found.title or found.file or ""),
        ("table 表", f"{found.statement_title or found.statement or ''} {found.cell or ''}"),
        ("figure 数字", f"{found.code} {found.name} · {found.column}".strip(" ·")),
        ("printed 原文", f"{found.raw} {found.unit or ''}"), ("amount 金额", f"{found.amount_wan} 万元"),
        ("of 年度", f"{found.fiscal_year} {found.basis or ''} (document of {found.document_year})"),
        ("place 位置", found.where), ("address 地址", found.url or ""), ("article 页面", found.article_url or ""),
        ("published 公布", found.published_at or ""), ("seen 抓取", f"{found.first_seen_at or ''} – {found.last_seen_at or ''}"),
        ("sha256", found.sha256), ("status 状态", found.status), ("recipe", found.recipe),
    ]  # fmt: skip
    for name, value in lines:
        if value.strip():
            out.print(f"[dim]{name:<14}[/dim]", end=" ", highlight=False)
            out.print(value, markup=False, highlight=False, soft_wrap=True)
    if found.sentence:
        out.print(f"sentence 原句  {found.sentence}", markup=False, highlight=False, soft_wrap=True)
    for one in found.sums:
        out.print(
            f"  {one.status:<7} {one.check}  {one.subject}: {one.left} = {one.right}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
    if not found.sums:
        out.print("  no computed sum names this figure 没有勾稽直接涉及此数", style="dim", highlight=False)
    for doubt in found.doubts:
        out.print(
            f"  {doubt.severity} {doubt.check} ({doubt.origin}): {doubt.message}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
    out.print(found.line, markup=False, highlight=False, soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(cite)
