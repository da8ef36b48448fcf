"""What a reader met and did not understand → findings. One rule for all readers: nothing that may hold a figure is passed over
without a word.

A reader yields `NotUnderstood` (see `extract.reading`); what it yields is an error with its place, of origin `source` where the
file itself is odd and `extraction` where we cannot read what anybody can see.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from budget.disclosure import Finding, FindingCell
from budget.states import Origin, Severity
from extract.reading import NotUnderstood, NotUnderstoodKind

UNREAD: Final = "UNREAD"
"""Check id: something is shown that ended in no fact, code, note or sentence."""
ABOUT_TABLES: Final[frozenset[NotUnderstoodKind]] = frozenset({"missing_picture", "script", "frame"})
"""What a page that shows no statement may hold without a word: the furniture of its portal."""
NAMED: Final = 3
"""Things of one kind that a finding names one by one; the others are counted."""

_WORDS: Final[dict[NotUnderstoodKind, tuple[Origin, str, str, str]]] = {
    "number_format": (
        Origin.EXTRACTION, "{count} 个单元格的数字格式无法理解，未取值（{named}）",
        "the number formats of {count} cells are not understood, their stored values were not taken ({named})",
        "see what the sheet shows and correct the values",
    ),
    "cell_given_twice": (
        Origin.SOURCE, "{count} 个单元格在文件中重复给出，值互相矛盾（{named}）",
        "the file gives {count} cells twice with different values ({named})", "open it by hand and save it anew",
    ),
    "picture": (
        Origin.EXTRACTION, "{count} 张图片可能含有表格，未能读取（{named}）",
        "{count} pictures that may show tables were not read ({named})", "look at the original",
    ),
    "missing_picture": (
        Origin.SOURCE, "{count} 张图片不在文件中，可能含有表格（{named}）",
        "{count} pictures are not at hand and may show tables ({named})", "look at the page where it was published",
    ),
    "annotation": (
        Origin.EXTRACTION, "{count} 处批注或表单内容未读取（{named}）",
        "{count} annotations or form fields show text that was not read ({named})", "look at the original",
    ),
    "embedded_file": (
        Origin.SOURCE, "文件内嵌 {count} 个附件，未读取（{named}）",
        "the file carries {count} embedded files that were not read ({named})", "take them out and give them by themselves",
    ),
    "part": (
        Origin.EXTRACTION, "文件的 {count} 个部分无法读取（{named}）",
        "{count} parts of the file were not read ({named})", "open it by hand and save it anew",
    ),
    "hidden_text": (
        Origin.EXTRACTION, "{count} 页为扫描图像，其不可见文字层未采信（{named}）",
        "{count} pages are pictures with an invisible text layer, which was not believed ({named})", "look at the original",
    ),
    "script": (
        Origin.EXTRACTION, "{count} 处内容由脚本生成，未读取（{named}）",
        "{count} places are built by scripts and were not read ({named})", "open the page in a browser",
    ),
    "struck_out": (
        Origin.EXTRACTION, "{count} 处数字带删除线，未取值（{named}）",
        "{count} struck-out figures were not taken ({named})", "look at the original",
    ),
    "table_failed": (
        Origin.EXTRACTION, "{count} 处表格读取失败（{named}）",
        "{count} tables could not be read ({named})", "look at the original",
    ),
    "element": (
        Origin.EXTRACTION, "以公式、图形、选项或样式显示的 {count} 处数字未读取（{named}）",
        "{count} formulas, drawings, options or styles show figures that were not read ({named})", "look at the original",
    ),
    "frame": (
        Origin.SOURCE, "网页框架中的 {count} 个文件不在手边，可能含有表格（{named}）",
        "{count} frames of the page show documents that were not read ({named})", "take the framed documents by themselves",
    ),
    "chart": (
        Origin.EXTRACTION, "{count} 个图表显示的数字未读取（{named}）",
        "the figures of {count} charts were not read ({named})", "look at the original",
    ),
    "margin": (
        Origin.EXTRACTION, "页眉、页脚、批注或文本框中的 {count} 处金额未读取（{named}）",
        "{count} headers, footers, notes or text boxes show amounts that were not read ({named})", "look at the original",
    ),
}  # fmt: skip


def findings_of(met: Sequence[NotUnderstood], *, shows_tables: bool) -> list[Finding]:
    """One error a kind, in the order met, with the places of all and the first few named.

    `shows_tables`: whether the document holds statements. Pictures that are not at hand concern it only then: those of a page
    that shows none are photographs and buttons of its portal.
    """
    found = []
    met = [one for one in met if shows_tables or one.kind not in ABOUT_TABLES]
    for kind in dict.fromkeys(one.kind for one in met):
        alike = [one for one in met if one.kind == kind]
        origin, zh, en, advice = _WORDS[kind]
        named = _named(one.text for one in alike)
        found.append(
            Finding(
                check=UNREAD, severity=Severity.ERROR, origin=origin,
                message=f"{zh.format(count=len(alike), named=named)} / {en.format(count=len(alike), named=named)}; {advice}",
                cells=tuple(FindingCell(at=one.at, raw=one.text) for one in alike if one.at is not None),
            )
        )  # fmt: skip
    return found


def _named(texts: Iterable[str]) -> str:
    whole = list(dict.fromkeys(text for text in texts if text))
    return "、".join(whole[:NAMED]) + (" …" if len(whole) > NAMED else "")
