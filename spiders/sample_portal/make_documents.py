"""Makes `documents/` and the font: `python -m spiders.sample_portal.make_documents [--font PATH_TO_wqy-microhei.ttc]`.

The same input gives the same bytes. `--font` cuts the font down again; needed only when new characters appear.
"""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from spiders.sample_portal.ledger import read_toml
from spiders.sample_portal.narrative import Document, Heading, Paragraph, make_document
from spiders.sample_portal.server import TYPES, Entry, SamplePortal
from spiders.sample_portal.statements import Table

HERE = Path(__file__).parent
DOCUMENTS = HERE / "documents"
ASCII = "".join(chr(c) for c in range(32, 127))


def specifications() -> list[dict[str, Any]]:
    """The entries of `documents.toml`, one a document."""
    return list(read_toml("documents.toml")["document"])


def notice() -> Document:
    """The one document of the list that is no disclosure: an intention to procure, under its article's title."""
    (title,) = (str(a["title"]) for a in read_toml("documents.toml")["article"] if a.get("notice") == "采购意向")
    text = "本单位现将近期采购意向予以公开：采购养老服务评估一项，预算金额45.00万元，预计采购时间为本年5月。最终内容以采购公告为准。"
    return Document("notice.docx", title, "", "", 0, "notice", "", (Heading(1, title), Paragraph(text)))


KINDS = {"department_budget": "部门预算", "unit_budget": "单位预算"}
PLACES = (
    "望川区",
    "青禾区",
    "云麓区",
    "石浦湾区",
    "兰渚新区",
    "白鹭洲区",
    "东屏新区",
    "长汀湾区",
    "南塘区",
    "西岭新区",
)
BODIES = (
    ("人力资源和社会保障局", "haigang", "hebei", "行政"),
    ("民政局", "civil_affairs", "shandong", "行政"),
    ("退役军人事务局", "veterans", "hebei", "行政"),
    ("城市管理局", "urban_management", "shandong", "行政"),
    ("劳动与社会保障管理中心", "zhengding", "hebei", "事业"),
    ("社会保险事业中心", "social_insurance", "shandong", "事业"),
    ("就业服务中心", "zibo", "shandong", "事业"),
)


def copy_specifications(copies: int, formats: Sequence[str]) -> list[dict[str, Any]]:
    """Specifications of as many different documents: no two have the same agency and year, nor the same figures.

    Raises ValueError beyond 420: there are no more places, bodies and years to combine.
    """
    years = range(2024, 2018, -1)
    if copies > len(PLACES) * len(BODIES) * len(years):
        raise ValueError(f"at most {len(PLACES) * len(BODIES) * len(years)} copies, not {copies}")
    specs: list[dict[str, Any]] = []
    for n in range(copies):
        rest, body = divmod(n, len(BODIES))
        back, place = divmod(rest, len(PLACES))
        name, profile, layout, nature = BODIES[body]
        suffix = formats[n % len(formats)]
        specs.append(
            {
                "file": f"copy_{n + 1:03d}.{suffix}",
                "layout": layout,
                "profile": profile,
                "factor": str(Decimal("0.80") + Decimal(n) / 100),
                "agency": f"云岚市{PLACES[place]}{name}",
                "code": str(301 + n),
                "year": years[back],
                "kind": "unit_budget" if nature == "事业" and layout == "shandong" else "department_budget",
                "body": nature,
            }
        )
    return specs


def copied_documents(copies: int, formats: Sequence[str] = ("xlsx", "docx")) -> list[Document]:
    """As many different documents, each with its own agency, year and figures, all consistent."""
    return [make_document(spec) for spec in copy_specifications(copies, formats)]


def entries_of(documents: Sequence[Document]) -> list[Entry]:
    """An article a document, newest first, with its file printed now."""
    entries = []
    for n, document in enumerate(documents):
        day = date(document.fiscal_year, 2, 28) - timedelta(days=n % 20)
        title = f"{document.agency}{document.fiscal_year}年{KINDS[document.kind]}"
        entries.append(
            Entry(
                2000 + len(documents) - n,
                title,
                day,
                document.agency,
                document.file,
                f"{title}.{document.format}",
                print_document(document),
                TYPES[document.format],
                (f"现将{title}予以公开，详见附件。",),
                day,
            )
        )
    return sorted(entries, key=lambda e: (e.day, e.number), reverse=True)


def copied_portal(copies: int, *, delay_seconds: float = 0.0) -> SamplePortal:
    """A sample portal, not yet started, that lists `copied_documents(copies)` instead of the shipped list."""
    return SamplePortal(entries_of(copied_documents(copies)), delay_seconds=delay_seconds)


def print_document(document: Document) -> bytes:
    """The document in the format its file name says."""
    if document.format == "pdf":
        from spiders.sample_portal.print_pdf import print_pdf

        return print_pdf(document)
    if document.format == "docx":
        from spiders.sample_portal.print_word import print_word

        return print_word(document)
    from spiders.sample_portal.print_workbook import print_workbook

    return print_workbook(document)


def truth(document: Document) -> str:
    """The figures as they must be read, one line a fact: [table, column, side, code, name, 万元]; columns by index.

    `projects` are the performance forms, one line each.
    """
    columns: list[list[str]] = []
    rows = []
    for table in document.tables:
        for fact in table.facts():
            path = list(fact.column)
            if path not in columns:
                columns.append(path)
            rows.append([fact.table, columns.index(path), fact.side, fact.code, fact.name, _plain(fact.amount)])
    head = {
        "file": document.file,
        "agency": document.agency,
        "agency_code": document.code,
        "fiscal_year": document.fiscal_year,
        "kind": document.kind,
        "layout": document.layout,
        "statements": [
            {"table": t.number, "kind": t.kind, "title": t.title, "rows": len(t.lines), "declared_empty": bool(t.notes)}
            for t in document.tables
            if not t.project
        ],
        "columns": columns,
    }
    projects = [
        {"name": p.name, "amount": p.amount, "fiscal": p.fiscal, "other": p.other, "indicators": p.indicators}
        for p in (t.project for t in document.tables)
        if p
    ]
    start = json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n}")
    return f'{start},\n "projects": {_line_by_line(projects)},\n "facts": {_line_by_line(rows)}\n}}\n'


def _line_by_line(values: Sequence[object]) -> str:
    lines = ",\n".join(json.dumps(value, ensure_ascii=False, separators=(",", ":")) for value in values)
    return f"[\n{lines}\n]" if values else "[]"


def _plain(amount: str) -> str:
    text = format(Decimal(amount).normalize(), "f")
    return "0" if text == "-0" else text


def characters(documents: list[Document]) -> str:
    """Every character that a document may print."""
    used = set(ASCII + "目录…—·“”（）【】《》：，。；、％零一二三四五六七八九十百千万亿元角分年月日")
    for document in documents:
        used |= set(document.title)
        for block in document.blocks:
            if isinstance(block, Table):
                cells = [c for row in (*block.header, *(line.cells for line in block.lines), *block.above) for c in row]
                used |= set("".join([block.title, *cells, *block.notes]))
            else:
                used |= set(block.text)
            if isinstance(block, Paragraph):
                used |= set(block.text)
    for file in ("names.toml", "figures.toml", "documents.toml"):
        used |= set((HERE / file).read_text("utf-8"))
    used |= set("".join([*PLACES, *(body[0] for body in BODIES)]))
    return "".join(sorted(c for c in used if c.isprintable()))


def cut_font(source: Path, text: str) -> bytes:
    """The first face of a TrueType collection with the glyphs of `text` only; needs fonttools."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    font = TTFont(source, fontNumber=0, recalcTimestamp=False)
    options = Options(layout_features=[], hinting=False, notdef_outline=True, name_IDs=[0, 1, 2, 4, 6, 13, 14])
    options.drop_tables += ["DSIG", "GSUB", "GPOS", "GDEF", "BASE", "vhea", "vmtx", "kern", "gasp"]
    subsetter = Subsetter(options)
    subsetter.populate(text=text)
    subsetter.subset(font)
    out = io.BytesIO()
    font.save(out)
    return out.getvalue()


def main(arguments: list[str] | None = None) -> None:
    """Write every document and its truth, and the notice, which has none."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--font", type=Path, help="cut font/sample.ttf from this collection first")
    parser.add_argument("--into", type=Path, default=DOCUMENTS)
    options = parser.parse_args(arguments)
    documents = [make_document(spec) for spec in specifications()]
    if options.font:
        (HERE / "font" / "sample.ttf").write_bytes(cut_font(options.font, characters(documents)))
    options.into.mkdir(parents=True, exist_ok=True)
    for document in documents:
        (options.into / document.file).write_bytes(print_document(document))
        (options.into / f"{Path(document.file).stem}.truth.json").write_text(truth(document), "utf-8")
    (options.into / notice().file).write_bytes(print_document(notice()))


if __name__ == "__main__":
    main()
