"""Whether a printed text is a figure."""

from __future__ import annotations

import re
from functools import lru_cache

from budget.amounts import NotAnAmountError, parse_amount
from budget.printed_text import is_blank


@lru_cache(maxsize=1 << 16)
def is_amount_text(text: str) -> bool:
    """Whether a text is a printed number that could be an amount (blank is none)."""
    if is_blank(text):
        return False
    try:
        return parse_amount(text) is not None
    except NotAnAmountError:
        return False


# a figure that cannot be read for a mark, a letter or a word beside it: 12.50万元, 约34.56, 3O4.56, 1、027.063107
_FIGURE = re.compile(r"^\D{0,3}\d[\d,，.、．。·OolIＯ ]*(?:[.．。·]\d*)?\D{0,3}$")


def shows_figure(text: str) -> bool:
    """Whether a text is a figure, be it one that cannot be read."""
    return is_amount_text(text) or bool(_FIGURE.match(text))
