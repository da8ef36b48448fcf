"""RTF files with one thing in each that readers trip over; registered in `measure.printed_faults`."""

from __future__ import annotations

from collections.abc import Sequence

from measure.printed_faults import BASE, PLACE, TOWN, Made, Sheet, fault


def _rtf_text(text: str) -> str:
    return "".join(ch if ord(ch) < 128 else f"\\u{ord(ch)}?" for ch in text)


def rtf(cell: str, sheets: Sequence[Sheet] = BASE, end: str = "") -> bytes:
    """The usual tables with the markup of the purchase's cell."""
    parts = [r"{\rtf1\ansi\ansicpg936\uc1 ", _rtf_text(TOWN) + r"\par "]
    for n, sheet in enumerate(sheets):
        parts += [_rtf_text(sheet.title) + r"\par ", _rtf_text(sheet.unit) + r"\par "]
        for r, row in enumerate(sheet.rows):
            parts.append(r"\trowd" + "".join(rf"\cellx{2000 * (c + 1)}" for c in range(len(row))) + r"\pard\intbl ")
            for c, text in enumerate(row):
                own = cell if n == 2 and (r, c) == PLACE else _rtf_text(text)
                parts.append(own + r"\cell ")
            parts.append(r"\row ")
        parts.append(r"\pard ")
    return ("".join(parts) + end + "}").encode()


def _rtf_fault(name: str, cell: str, *, either: bool = False) -> None:
    def make() -> Made:
        return Made(rtf(cell), either=either)

    make.__name__ = name
    fault("rtf")(make)


_rtf_fault("plain", "312.45")
_rtf_fault("hidden_letters", r"312.45{\v 9}")
_rtf_fault("struck_letters", r"{\strike 9}312.45", either=True)
_rtf_fault("raised_letters", r"312.45{\super 1}", either=True)
_rtf_fault("lowered_letters", r"312.45{\sub 1}", either=True)
_rtf_fault("deleted_by_a_change", r"312.45{\deleted 9}")
_rtf_fault("result_of_a_field", r"{\field{\*\fldinst =SUM(ABOVE)}{\fldrslt 312.45}}")
_rtf_fault("mark_of_a_footnote", r"312.45{\super\chftn}{\footnote \chftn note 9.99}")


@fault("rtf")
def table_as_its_picture() -> Made:
    from measure.printed_faults_pdf import picture

    image = picture(BASE[2]).hex()
    return Made(
        rtf("", BASE[:2], rf"{_rtf_text(BASE[2].title)}\par {{\pict\pngblip\picw900\pich300 {image}}}\par "),
        either=True,
    )
