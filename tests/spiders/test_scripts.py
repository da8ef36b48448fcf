"""Literals in scripts are read as sites write them, and never run."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiders.reading.platforms import platform_of, token, unwrapped
from spiders.reading.scripts import NotALiteralError, assigned, read_literal


def test_keys_without_quotes_single_quotes_escapes_and_a_comma_too_many() -> None:
    source = r"""window._CONFIG = {ACTION:'index', F: "\u003Cp\/\x3e", "T": [{'id': 3012, name: "\u8d22\u653f"},], /* x */ d: null, e: !0}"""
    with pytest.raises(NotALiteralError, match="no literal"):
        assigned(source, re.compile(r"window\._CONFIG\s*="))
    told = assigned(source.replace(", e: !0", ","), re.compile(r"window\._CONFIG\s*="))
    assert told == {"ACTION": "index", "F": "<p/>", "T": [{"id": "3012", "name": "财政"}], "d": None}


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=12,
    )
)
def test_all_json_is_read_as_json_reads_it(value: object) -> None:
    # U+2028 and the like need no escape in JSON; a lone half of a pair cannot be written at all
    assert read_literal(json.dumps(value)) == value


@pytest.mark.parametrize("source", ["", "{", "[1,", "'abc", "{a 1}", "alert(1)", r'"\u12"', "[" * 100, "{a:b}"])
def test_anything_else_is_refused(source: str) -> None:
    with pytest.raises(NotALiteralError):
        read_literal(source)


def test_json_in_a_string_in_a_string_is_unwrapped_and_no_deeper() -> None:
    value = {"list": [1]}
    for depth in range(4):
        wrapped = json.dumps(value)
        for _ in range(depth):
            wrapped = json.dumps(wrapped)
        assert unwrapped(wrapped.encode()) == value
    with pytest.raises(ValueError, match="still a string"):
        unwrapped(json.dumps(wrapped).encode())


def test_an_id_never_changes_a_path() -> None:
    assert token(17) == "17"
    for hostile in ("../x", "1/2", "", "a?b", "x" * 81):
        with pytest.raises(ValueError, match="is no id"):
            token(hostile)


def test_platforms_are_known_by_address_or_name() -> None:
    assert platform_of("https://yjsgk.jsczt.cn/#/detailsPage?id=8").name == "jiangsu"  # type: ignore[union-attr]
    assert platform_of("http://127.0.0.1/", "neimenggu").name == "neimenggu"  # type: ignore[union-attr]
    assert platform_of("https://czt.shanxi.gov.cn/bmp_pub/index_gfa.html") is None
