"""Data Docs of a run: static HTML that opens without a network, one page a batch and an index over them.

The pages that Great Expectations renders load their styles, scripts and icons from content networks, and show nothing useful
without them. These pages show the same validation results (expectation by expectation, with the rows that failed) and need
nothing but themselves.

    <folder>/index.html        all batches of the run, check by check
    <folder>/<batch>.html      one batch: every expectation with its counts, every document with findings
    <folder>/<batch>.json      the counts behind the index; the index is made anew from all of them
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any

from budget.disclosure import Finding
from expectations.judging.catalogue import checks, families
from expectations.judging.judgement import Judgement
from expectations.judging.wording import where

_STYLE = """
body{font:15px/1.55 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#1c2430}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem;border-bottom:1px solid #d5dbe3}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #e6eaf0;vertical-align:top}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
.error{color:#a61b1b}.warning{color:#8a5a00}.ok{color:#1d6b3a}.dim{color:#667085}ul{margin:.2rem 0;padding-left:1.2rem}
details{margin:.4rem 0}summary{cursor:pointer}@media(prefers-color-scheme:dark){body{background:#12161c;color:#dde3ea}
th,td{border-color:#2a323d}h2{border-color:#2a323d}.error{color:#ff8f8f}.warning{color:#f0c060}.ok{color:#7fd6a0}.dim{color:#93a0b0}}
"""
_BATCH = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,80}$")


def write_data_docs(
    judgement: Judgement, folder: Path, *, batch: str = "batch", files: Mapping[str, str] | None = None
) -> Path:
    """Write the pages of one batch below `folder` and renew the index; returns the index.

    `files` gives the file name shown for a sha256. `batch` names the page: letters, digits, `.`, `_`, `-`; ValueError for
    anything else, as no name from data may reach the file system.
    """
    if not _BATCH.match(batch) or batch == "index":
        raise ValueError(f"{batch!r} is no name for a page: use letters, digits, '.', '_' and '-'")
    folder.mkdir(parents=True, exist_ok=True)
    rows = _expectations(judgement)
    summary = {"batch": batch, "documents": len(judgement), "checks": rows, "with_errors": _with_errors(judgement)}
    (folder / f"{batch}.json").write_text(json.dumps(summary, ensure_ascii=False), encoding="utf-8")
    page = _page(f"校验批次 {batch}", [*_batch(summary), *_documents(judgement, files or {})])
    (folder / f"{batch}.html").write_text(page, encoding="utf-8")
    index = folder / "index.html"
    index.write_text(_index(folder), encoding="utf-8")
    return index


def _with_errors(judgement: Judgement) -> int:
    return sum(any(one.severity == "error" for one in found) for found in judgement.values())


def _expectations(judgement: Judgement) -> dict[str, dict[str, int]]:
    """Check → how many identities its expectation looked at, how many it named, and how many were skipped unjudged."""
    found: dict[str, dict[str, int]] = {}
    for outcome in judgement.results:
        for one in outcome["results"]:
            check = (one["expectation_config"].get("meta") or {}).get("check")
            if check is None:
                continue
            here = found.setdefault(check, {"judged": 0, "failed": 0, "skipped": 0})
            here["judged"] += int(one["result"].get("element_count") or 0)
            here["failed"] += int(one["result"].get("unexpected_count") or 0)
    for rows in judgement.reconciliations.values():
        for row in rows:
            if row.status == "skipped":
                found.setdefault(row.check, {"judged": 0, "failed": 0, "skipped": 0})["skipped"] += 1
    return found


# --------------------------------------------------------------------------- pages


def _page(title: str, parts: Iterable[str]) -> str:
    body = "\n".join(parts)
    return (
        f'<!doctype html>\n<html lang="zh"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{_STYLE}</style></head>\n'
        f"<body><h1>{escape(title)}</h1>\n{body}\n</body></html>\n"
    )


def _batch(summary: Mapping[str, Any]) -> list[str]:
    return [_headline(int(summary["documents"]), int(summary["with_errors"])), *_by_family(summary["checks"])]


def _headline(documents: int, wrong: int) -> str:
    style = "error" if wrong else "ok"
    return f'<p>{documents} 份文件 documents, <span class="{style}">{wrong} 份有错误 with errors</span></p>'


def _by_family(counts: Mapping[str, Mapping[str, int]]) -> list[str]:
    parts = []
    for family, title in families().items():
        here = [check for check in checks().values() if check.family == family and check.id in counts]
        if not here:
            continue
        parts.append(f"<h2>{escape(family)} {escape(title)}</h2><table><tr><th>检查<th>勾稽关系 expectation")
        parts.append('<th class="n">成立 hold<th class="n">不成立 fail<th class="n">不适用 skipped</tr>')
        for check in here:
            one = counts[check.id]
            style = check.severity.value if one["failed"] else "ok"
            parts.append(
                f'<tr><td>{escape(check.id)}<td>{escape(check.zh)}<br><span class="dim">{escape(check.en)}</span>'
                f'<td class="n">{one["judged"] - one["failed"]}<td class="n {style}">{one["failed"]}<td class="n">{one["skipped"]}</tr>'
            )
        parts.append("</table>")
    return parts


def _documents(judgement: Judgement, files: Mapping[str, str]) -> list[str]:
    parts = ["<h2>有问题的文件 documents with findings</h2>"]
    for sha256, found in judgement.items():
        if not found:
            continue
        errors = sum(one.severity == "error" for one in found)
        style = "error" if errors else "warning"
        name = escape(files.get(sha256, sha256[:16]))
        parts.append(
            f'<details{" open" if errors else ""}><summary class="{style}">{name}'
            f' <span class="dim">{errors} 错误 errors, {len(found) - errors} 提示 warnings · {sha256[:16]}</span></summary><ul>'
        )
        parts += [_finding(one, found) for one in found if one.caused_by is None]
        parts.append("</ul></details>")
    return parts


def _finding(one: Finding, found: tuple[Finding, ...]) -> str:
    number = found.index(one)
    first, *rest = one.message.split("\n")
    caused = [other.message.split("\n")[0] for other in found if other.caused_by == number]
    place = f" · {where(one.cells[0].at)}" if one.cells and one.cells[0].at else ""
    below = "".join(f"<li>{escape(text)}</li>" for text in caused)
    return (
        f'<li><span class="{one.severity.value}">{escape(first)}</span> <span class="dim">{one.origin.value}{escape(place)}</span>'
        f"<br>{'<br>'.join(escape(text) for text in rest)}{f'<ul>{below}</ul>' if below else ''}</li>"
    )


def _index(folder: Path) -> str:
    summaries = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    total: dict[str, dict[str, int]] = {}
    for summary in summaries:
        for check, counts in summary["checks"].items():
            here = total.setdefault(check, {"judged": 0, "failed": 0, "skipped": 0})
            for key in here:
                here[key] += counts[key]
    documents = sum(one["documents"] for one in summaries)
    wrong = sum(one["with_errors"] for one in summaries)
    rows = "".join(
        f'<tr><td><a href="{escape(one["batch"])}.html">{escape(one["batch"])}</a>'
        f'<td class="n">{one["documents"]}<td class="n">{one["with_errors"]}</tr>'
        for one in summaries
    )
    batches = f'<h2>批次 batches</h2><table><tr><th>批次<th class="n">文件 documents<th class="n">有错误 with errors</tr>{rows}</table>'
    return _page("数据校验 Data Docs", [_headline(documents, wrong), batches, *_by_family(total)])
