"""Whether the markup of a page came to its end. For servers that say no length and close the connection: the page itself must tell."""

from __future__ import annotations

import re

_OPENED = re.compile(rb"<(?:html|body)[\s>]", re.IGNORECASE)
_CLOSED = re.compile(rb"</(?:html|body)\s*>", re.IGNORECASE)
_PAIRED = (b"table", b"ul", b"script")
END_BYTES = 4096


def cut_in_markup(body: bytes) -> str | None:
    """By what a page is seen to end in the middle, None for one that does not. Pages that are merely careless are whole.

    A page is cut that ends inside a tag or comment, or that opens `<html>` or `<body>`, closes neither and leaves a table, list or
    script open. Pieces of pages (no `<html>`) are judged by their last tag only.
    """
    if body.lstrip()[:1] != b"<":
        return None
    end = body[-END_BYTES:]
    last_open = end.rfind(b"<")
    if (
        last_open >= 0
        and b">" not in end[last_open:]
        and end[last_open + 1 : last_open + 2].strip(b" \t\r\n=0123456789")
    ):
        return f"the page ends inside a tag ({len(body)} bytes)"
    comment = body.rfind(b"<!--")
    if comment >= 0 and body.find(b"-->", comment) < 0 and not _CLOSED.search(body, comment):
        return f"the page ends inside a comment ({len(body)} bytes)"
    if not _OPENED.search(body) or _CLOSED.search(body):
        return None
    lowered = body.lower()
    for name in _PAIRED:
        if lowered.count(b"<" + name) > lowered.count(b"</" + name):
            return f"the page ends inside a <{name.decode()}> and never closes <html> ({len(body)} bytes)"
    return None


def closes(body: bytes) -> bool:
    """Whether a page that opens `<html>` or `<body>` closes one of them: what a page must do to be a document itself."""
    return not _OPENED.search(body) or bool(_CLOSED.search(body))
