"""The drawings of a report, as SVG: Altair says what, vl-convert draws it without a browser and without the network."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd
import vl_convert

from flows.reports.figures import Subject, class_name

WIDTH = 460
FONT = "Noto Sans CJK SC, Source Han Sans SC, WenQuanYi Micro Hei, Microsoft YaHei, PingFang SC, sans-serif"
BASIS = {"budget": "预算", "final": "决算"}
CLASSES_AT_MOST = 9
"""Classes drawn in their own colour; the rest together."""
THREE_PUBLIC = {
    "abroad": "因公出国（境）费", "vehicle_purchase": "公务用车购置费", "vehicle_running": "公务用车运行维护费", "reception": "公务接待费",
}  # fmt: skip


def drawings(subject: Subject) -> list[tuple[str, str]]:
    """(caption, SVG) of every drawing for which the subject has figures."""
    made = [
        ("支出按功能分类 Expenditure by functional class", _by_class(subject)),
        (
            "基本支出与项目支出 Basic against project",
            _pair(subject, {"basic": "基本支出 basic", "project": "项目支出 project"}),
        ),
        ("“三公”经费 Three public expenses", _pair(subject, THREE_PUBLIC)),
        ("预算与决算 Budget against outturn", _outturn(subject)),
    ]
    return [(caption, svg) for caption, svg in made if svg is not None]


def _by_class(subject: Subject) -> str | None:
    found = [
        (str(year), code, told.wan)
        for (measure, year, basis, code), told in subject.classes.items()
        if measure == "expenditure_by_function" and basis == "budget"
    ]
    if not found:
        return None
    size: dict[str, float] = {}
    for _, code, wan in found:
        size[code] = size.get(code, 0.0) + wan
    largest = sorted(size, key=lambda code: -size[code])[:CLASSES_AT_MOST]
    data = [
        {"year": year, "of": class_name(code) if code in largest else "其他 other", "wan": wan}
        for year, code, wan in found
    ]
    return _bars(data)


def _pair(subject: Subject, named: dict[str, str]) -> str | None:
    data = [
        {"year": f"{year}{'' if basis == 'budget' else '决算'}", "of": named[measure], "wan": told.wan}
        for (measure, year, basis), told in sorted(subject.totals.items())
        if measure in named
    ]
    return _bars(data) if data else None


def _outturn(subject: Subject) -> str | None:
    years = {year for measure, year, basis in subject.totals if measure == "expenditure" and basis == "final"}
    data = [
        {"year": str(year), "of": BASIS[basis], "wan": told.wan}
        for (measure, year, basis), told in sorted(subject.totals.items())
        if measure == "expenditure" and year in years
    ]
    return _bars(data, beside=True) if data else None


def _bars(data: list[dict[str, Any]], *, beside: bool = False) -> str:
    frame = pd.DataFrame(data).groupby(["year", "of"], as_index=False)["wan"].sum()
    chart = (
        alt.Chart(frame)
        .mark_bar()
        .encode(
            x=alt.X("year:N", title="年度 year", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("wan:Q", title="万元", axis=alt.Axis(format=",.0f")),
            color=alt.Color("of:N", title=None, legend=alt.Legend(orient="bottom", columns=2, labelLimit=210)),
        )
        .properties(width=WIDTH, height=240)
        .configure(font=FONT)
    )
    if beside:
        chart = chart.encode(xOffset="of:N")
    return str(vl_convert.vegalite_to_svg(chart.to_json()))
