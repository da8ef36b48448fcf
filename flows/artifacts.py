"""What a run shows in the Prefect UI: a markdown summary, tables of portals and of documents that did not load, progress.

Chinese and English side by side: reviewers and engineers read the same page.
"""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

import httpx
from prefect.artifacts import (
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)

from budget.states import DocumentState
from expectations.judging.bounds import RULE
from flows.difference import Difference
from flows.run_summary import RunSummary

log = logging.getLogger("yusuan.artifacts")


REVIEW_URL = "YUSUAN_REVIEW_URL"
"""Environment variable: where people reach the review page, `http://reviews.example:4300`; artifacts link its items and originals."""
SLOWEST = 15


class Progress:
    """A progress artifact that is told about every document and tells the server at most once a second.

    It says how many, which one was the last, how fast, and how long the rest will take. A server that is away is told nothing:
    reading needs none.
    """

    def __init__(self, total: int, what: str) -> None:
        self.total, self.what, self.done, self._told = total, what, 0, 0.0
        self._began = time.monotonic()
        self._id: UUID = create_progress_artifact(0.0, key="documents-progress", description=f"{what}: 0 of {total}")  # type: ignore[assignment]

    def advance(self, title: str = "") -> None:
        """One more is done, of this title."""
        self.done += 1
        if time.monotonic() - self._told < 1 and self.done < self.total:
            return
        self._told = time.monotonic()
        try:
            update_progress_artifact(self._id, min(100.0, 100 * self.done / max(1, self.total)), self.words(title))
        except (httpx.HTTPError, OSError) as away:
            log.warning("the progress could not be told to Prefect: %s", away)

    def words(self, title: str) -> str:
        """`documents read: 9 of 40 · 12.3 a minute · about 3 min left · last 最近: 民政局2024年部门预算`"""
        rate = self.done / max(0.001, time.monotonic() - self._began) * 60
        left = max(0, self.total - self.done) / rate
        told = [f"{self.what}: {self.done} of {self.total}", f"{rate:.1f} a minute 每分钟"]
        if self.done < self.total:
            told.append(f"about {left:.0f} min left 约剩")
        return " · ".join([*told, f"last 最近: {title}"] if title else told)


def markdown(summary: RunSummary) -> str:
    """The run in one page of markdown."""
    counted = [
        ("found 发现", summary.portal_total("found")),
        ("archived 新存档", summary.portal_total("new")),
        ("unchanged 未变", summary.portal_total("unchanged")),
        ("loaded 入库", summary.count(DocumentState.LOADED)),
        ("in review 待复核", summary.count(DocumentState.IN_REVIEW)),
        ("rejected 退回", summary.count(DocumentState.REJECTED)),
        ("ignored 略过", sum(summary.reasons("ignored").values())),
        ("blocked 受阻", sum(summary.reasons("blocked").values())),
        ("failed downloads 下载失败", sum(summary.reasons("failed").values())),
        ("rows added 新增行", summary.rows_added),
        ("pages read a second time 抽样复读页", summary.sampled.pages),
        ("cells compared 比对单元格", summary.sampled.cells),
        ("of them agreed 一致", summary.sampled.agreed),
        ("disagreed 不一致", summary.sampled.disagreed),
        ("not heard 无法辨读", summary.sampled.unheard),
        ("waiting for review in all 复核中合计", summary.waiting_for_review),
        ("loaded in all 入库合计", summary.loaded_in_all),
    ]
    lines = [
        f"# {summary.flow} {summary.run_id}: {summary.state.value}",
        "",
        f"{summary.started_at:%Y-%m-%d %H:%M:%S} – {summary.ended_at:%H:%M:%S} UTC · recipe `{summary.recipe}`"
        if summary.ended_at
        else "",
        "",
        "| | |",
        "|---|---:|",
        *(f"| {name} | {number} |" for name, number in counted),
    ]
    for field, title in (("ignored", "Ignored 略过"), ("blocked", "Blocked 受阻"), ("failed", "Failed 失败")):
        reasons = summary.reasons(field)
        if reasons:
            lines += ["", f"## {title}", "", *(f"- {reason}: {n}" for reason, n in sorted(reasons.items()))]
    if summary.notes:
        lines += ["", "## Notes 说明", "", *(f"- {note}" for note in summary.notes)]
    return "\n".join(lines)


def publish(
    summary: RunSummary, data_docs: Path, difference: Difference | None = None, addresses: dict[str, str] | None = None
) -> None:
    """Create the run's artifacts.

    addresses: sha256 → where the document was seen, for links. Nothing links to a file of this machine: who reads the page sits at
    another one. Items and originals are linked where YUSUAN_REVIEW_URL names the review page.
    """
    text = markdown(summary)
    if difference is not None and difference.before is not None:
        text += f"\n\n## Since the last run 与上次相比\n\n`{difference.before}`: {difference.in_words()}"
    if data_docs.exists():
        text += f"\n\nData Docs 校验报告: `{data_docs}`"
    create_markdown_artifact(text, key="run-summary", description="What this run did 本次运行")
    if summary.portals:
        create_table_artifact(
            [
                {
                    "portal 门户": night.portal,
                    "complete 完整": f"NO: {'; '.join(night.problems) or night.finish_reason}" if night.incomplete else "yes",
                    "found 发现": night.found, "new 新": night.new, "changed 变": night.changed, "unchanged 未变": night.unchanged,
                    "ignored 略过": sum(night.ignored.values()), "blocked 受阻": sum(night.blocked.values()),
                    "failed 失败": sum(night.failed.values()), "seconds 秒": round(night.seconds, 1),
                    "requests 请求": night.requests, "not modified 304": night.not_modified,
                    "MiB": round(night.bytes / 2**20, 1),
                }
                for night in summary.portals
            ],
            key="portals", description="Portals of this run 门户",
        )  # fmt: skip
    if summary.outside:
        create_table_artifact(
            [
                {
                    "portal 门户": one.whose, "measure 指标": one.measure, "measured 实测": str(one.value),
                    "min 下限": "" if one.low is None else str(one.low), "max 上限": "" if one.high is None else str(one.high),
                    "because 理由": one.because, "file 文件": one.source,
                }
                for one in summary.outside
            ],
            key="out-of-bounds",
            description=f"Outside the bounds 超出界限: {RULE}",
        )  # fmt: skip
    if summary.failed_downloads:
        create_table_artifact(
            [one.model_dump() for one in summary.failed_downloads],
            key="failed-downloads",
            description="Files that could not be had 未取得的文件",
        )
    if summary.documents:
        create_table_artifact(
            [
                {
                    "state 状态": outcome.state.value,
                    "reason 原因": outcome.reason or "",
                    "document 文件": link(outcome.title or outcome.file, (addresses or {}).get(outcome.sha256)),
                    "review 复核": link(outcome.review_item or "", review_page("items", outcome.review_item)),
                    "facts 数据": outcome.facts,
                    "errors 错误": outcome.errors,
                    "warnings 提示": outcome.warnings,
                    "sha256": link(outcome.sha256[:12], review_page("originals", outcome.sha256)),
                    "seconds 秒": outcome.seconds,
                    "detail 说明": outcome.detail or "",
                }
                for outcome in sorted(summary.documents, key=lambda o: (o.state is DocumentState.LOADED, o.file))
            ],
            key="documents",
            description="Documents of this run, those not loaded first 文件",
        )
        slowest = sorted((one for one in summary.documents if one.seconds), key=lambda one: -(one.seconds or 0))
        if slowest:
            create_table_artifact(
                [
                    {"seconds 秒": one.seconds, "document 文件": one.title or one.file, "state 状态": one.state.value,
                     "sha256": one.sha256[:12]}
                    for one in slowest[:SLOWEST]
                ],
                key="slowest-documents", description="The documents that took longest to read 最慢的文件",
            )  # fmt: skip
    if difference is not None and difference.rows:
        create_table_artifact(
            list(difference.rows), key="difference", description=f"Against run {difference.before} 与上次运行的差异"
        )


def link(words: str, address: str | None) -> str:
    """Markdown, which Prefect's tables show as a link; the words alone where there is no address."""
    if not address or not words:
        return words
    plain = words.replace("[", "(").replace("]", ")")
    return f"[{plain}]({quote(address, safe=':/?&=#%!~,;@+')})"


def review_page(kind: str, name: str | None) -> str | None:
    """Where the review page shows an item or an original; None while no address of it is set."""
    base = os.environ.get(REVIEW_URL)
    return f"{base.rstrip('/')}/{kind}/{name}" if base and name else None
