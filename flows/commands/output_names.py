"""Names of the files that `yusuan extract --output` writes. A label from an archive becomes a path only through here.

A part keeps its letters, digits and a few harmless marks; everything else is written as `%XX` of its UTF-8 bytes, so that
different labels stay different and none can leave the folder, hide, or name a device.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import PurePosixPath

MAX_BYTES = 200
"""A file name may take 255 bytes on the usual file systems; the ending and a suffix of ours need room."""
_HARMLESS = frozenset(" !#()+,-._=@[]{}~（）【】《》〔〕、，。：；“”‘’·—－")
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.I)


def output_name(file_name: str) -> str:
    """`a.pdf` → `a.pdf.json`; a name too long for a file is cut and ends in part of its hash."""
    return f"{_shortened(file_name)}.json"


def member_path(label: str) -> PurePosixPath:
    """`folder/a.pdf` of an archive → the relative path of its JSON file."""
    *folders, name = (_escaped(part) for part in label.split("/"))
    return PurePosixPath(*map(_shortened, folders), output_name(name))


def _escaped(part: str) -> str:
    text = "".join(ch if ch.isalnum() or ch in _HARMLESS else _hex(ch) for ch in part)
    if text.startswith(".") or _DEVICES.fullmatch(text):
        text = _hex(text[0]) + text[1:]
    if text.endswith((".", " ")):
        text = text[:-1] + _hex(text[-1])
    return text or "%"


def _hex(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))


def _shortened(name: str) -> str:
    raw = name.encode("utf-8", "surrogateescape")
    if len(raw) <= MAX_BYTES:
        return name
    mark = hashlib.sha256(raw).hexdigest()[:12]
    return f"{raw[: MAX_BYTES - 13].decode('utf-8', 'ignore')}~{mark}"
