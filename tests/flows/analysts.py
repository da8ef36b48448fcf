"""A home with documents of the sample portal, read, proved and loaded in this process, for the commands of analysts."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from archive.store import Archive
from budget.sightings import Sighting
from extract.document import extract_bytes
from flows.documents.batch import state_of
from flows.documents.proof import prove
from warehouse import Warehouse

ROOT = Path(__file__).parents[2]
DOCUMENTS = ROOT / "spiders" / "sample_portal" / "documents"
HELD = (
    "minzheng_2023.docx", "minzheng_2024.pdf", "haitang_renshe_2024.pdf", "shebaozhongxin_2024.xlsx", "gaoxin_renshe_2023.pdf",
)  # fmt: skip
"""Every format of the sample, two years of one agency, both encodings of 三公, a published contradiction (gaoxin_renshe_2023)."""
SEEN = datetime(2024, 2, 20, 18, 0, tzinfo=UTC)


def furnish(home: Path) -> Path:
    """Fill `home`; gives it."""
    with Archive(home / "archive") as archive, Warehouse.open(home / "warehouse.sqlite").migrate() as warehouse:
        paths: dict[str, Path] = {}
        read = []
        for name in HELD:
            data = (DOCUMENTS / name).read_bytes()
            sha256 = archive.put(data)
            paths[sha256] = DOCUMENTS / name
            read.append(extract_bytes(data, name, recipe="r1"))
            warehouse.record_sighting(
                Sighting(
                    portal="sample", family="trs", list_url="https://czj.example.gov.cn/yjs/", article_url=f"https://czj.example.gov.cn/{name}.html",
                    article_title=name, url=f"https://czj.example.gov.cn/{name}", sha256=sha256, seen_at=SEEN, outcome="archived", size=len(data),
                )
            )  # fmt: skip
        for proved in prove(read, paths):
            state, reason = state_of(proved.disclosure)
            warehouse.store(proved.disclosure, state=state, reason=reason, reconciliations=proved.reconciliations)
    return home


def run(*arguments: str | Path, code: int = 0) -> str:
    """`yusuan …` in a process of its own; its standard output, on an error of the exit status everything."""
    done = subprocess.run(
        [sys.executable, "-m", "flows.command_line", *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, timeout=240, check=False
    )  # fmt: skip
    assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout if code == 0 else done.stdout + done.stderr


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]
