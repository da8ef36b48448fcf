"""Values written in JavaScript: object literals that pages assign to variables. Read, never run.

Keys without quotes, single quotes, trailing commas and escapes (`\\u003C`, `\\/`, `\\x3c`) are what sites write; anything that must be
computed is refused.
"""

from __future__ import annotations

import re
from typing import Any

_DEPTH = 60
_BLANK = re.compile(r"(?:\s+|//[^\n]*\n|/\*.*?\*/)*", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_$][\w$]*")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_STRING_END = re.compile(r"""["'\\]""")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_WORDS = {"true": True, "false": False, "null": None, "undefined": None}


class NotALiteralError(ValueError):
    """What stands there must be computed, or is no JavaScript. The message says where."""


def read_literal(text: str, at: int = 0) -> Any:
    """The literal that begins at a position (blanks may stand before it). Numbers stay strings: an id is no quantity.

    Raises NotALiteralError.
    """
    value, _ = _value(text, at, 0)
    return value


def assigned(text: str, name: re.Pattern[str]) -> Any:
    """The literal after the first match of `name` (`window\\._CONFIG\\s*=`, `"TREE"\\s*:`). Raises NotALiteralError when it is absent."""
    found = name.search(text)
    if found is None:
        raise NotALiteralError(f"{name.pattern} does not occur")
    return read_literal(text, found.end())


def _skip(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _value(text: str, at: int, depth: int) -> tuple[Any, int]:
    if depth > _DEPTH:
        raise NotALiteralError(f"nested deeper than {_DEPTH} at {at}")
    at = _skip(text, at)
    first = text[at : at + 1]
    if first == "{":
        return _object(text, at + 1, depth)
    if first == "[":
        return _array(text, at + 1, depth)
    if first in ("'", '"'):
        return _string(text, at)
    if found := _NUMBER.match(text, at):
        return found.group(), found.end()
    if (found := _NAME.match(text, at)) and found.group() in _WORDS:
        return _WORDS[found.group()], found.end()
    raise NotALiteralError(f"no literal at {at}: {text[at : at + 30]!r}")


def _object(text: str, at: int, depth: int) -> tuple[dict[str, Any], int]:
    found: dict[str, Any] = {}
    while True:
        at = _skip(text, at)
        if text[at : at + 1] == "}":
            return found, at + 1
        if text[at : at + 1] in ("'", '"'):
            key, at = _string(text, at)
        elif name := _NAME.match(text, at) or _NUMBER.match(text, at):
            key, at = name.group(), name.end()
        else:
            raise NotALiteralError(f"no key at {at}: {text[at : at + 30]!r}")
        at = _skip(text, at)
        if text[at : at + 1] != ":":
            raise NotALiteralError(f"no colon after {key!r} at {at}")
        found[key], at = _value(text, at + 1, depth + 1)
        at = _comma(text, at, "}")


def _array(text: str, at: int, depth: int) -> tuple[list[Any], int]:
    found: list[Any] = []
    while True:
        at = _skip(text, at)
        if text[at : at + 1] == "]":
            return found, at + 1
        value, at = _value(text, at, depth + 1)
        found.append(value)
        at = _comma(text, at, "]")


def _comma(text: str, at: int, end: str) -> int:
    at = _skip(text, at)
    if text[at : at + 1] == ",":
        return at + 1
    if text[at : at + 1] != end:
        raise NotALiteralError(f"neither `,` nor `{end}` at {at}: {text[at : at + 30]!r}")
    return at


def _string(text: str, at: int) -> tuple[str, int]:
    quote, parts, begin = text[at], [], at + 1
    while True:
        found = _STRING_END.search(text, begin)
        if found is None:
            raise NotALiteralError("a string without end")
        parts.append(text[begin : found.start()])
        at = found.end()
        if found.group() == quote:
            # halves of a character outside the first plane come as two escapes; a single half is no character
            return "".join(parts).encode("utf-16", "surrogatepass").decode("utf-16", "replace"), at
        if found.group() != "\\":
            parts.append(found.group())
            begin = at
            continue
        escape = text[at : at + 1]
        width = {"u": 4, "x": 2}.get(escape)
        if width:
            digits = text[at + 1 : at + 1 + width]
            if not re.fullmatch(r"[0-9a-fA-F]+", digits) or len(digits) != width:
                raise NotALiteralError(f"a broken escape at {at}")
            parts.append(chr(int(digits, 16)))
            at += 1 + width
        else:
            parts.append(_ESCAPES.get(escape, escape))
            at += 1
        begin = at
