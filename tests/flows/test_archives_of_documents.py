"""Archives that hold several documents: each is read, archived, stored and shown as one of its own."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import jsonschema
import pytest

from archive.store import Archive
from budget.sightings import Sighting
from budget.states import DocumentState
from flows.commands.output_names import MAX_BYTES, member_path, output_name
from flows.documents.batch import read_prove_store
from flows.documents.workers import Job, extract_all
from review.queue import ReviewQueue
from warehouse import Warehouse

ROOT = Path(__file__).parents[2]
DOCUMENTS = ROOT / "spiders" / "sample_portal" / "documents"
WORKBOOK = (DOCUMENTS / "lingang_laobao_2023.xlsx").read_bytes()
PRINTED = (DOCUMENTS / "gaoxin_renshe_2024.pdf").read_bytes()


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files.items():
            package.writestr(name, content)
    return buffer.getvalue()


def locked(data: bytes, name: bytes) -> bytes:
    """The ZIP with the encryption flag of one member set in both headers."""
    changed = bytearray(data)
    for signature, flag_at, name_at in ((b"PK\x03\x04", 6, 30), (b"PK\x01\x02", 8, 46)):
        at = data.find(signature)
        while at >= 0:
            if data[at + name_at : at + name_at + len(name)] == name:
                changed[at + flag_at] |= 1
            at = data.find(signature, at + 4)
    return bytes(changed)


BUNDLE = locked(
    zipped({
        "县/甲.xlsx": WORKBOOK, "../../乙.pdf": PRINTED, "inner.zip": zipped({"甲.xlsx": WORKBOOK}),
        "丙/secret.pdf": PRINTED, "broken.pdf": PRINTED[:9000],
    }),
    "丙/secret.pdf".encode(),
)  # fmt: skip
LABELS = ["县/甲.xlsx", "乙.pdf", "inner.zip!/甲.xlsx", "丙/secret.pdf", "broken.pdf"]


def test_an_archive_comes_first_and_its_documents_follow_in_their_place(tmp_path: Path) -> None:
    bundle, after = tmp_path / "bundle.zip", tmp_path / "after.xlsx"
    bundle.write_bytes(BUNDLE)
    after.write_bytes(WORKBOOK)
    read = list(extract_all([Job(bundle, "bundle.zip", "r"), Job(after, "after.xlsx", "r")], workers=2))
    assert [disclosure.document.file for _, disclosure in read] == [
        "bundle.zip", *(f"bundle.zip!/{label}" for label in LABELS), "after.xlsx",
    ]  # fmt: skip
    assert read[0][0].members == tuple(LABELS)
    assert read[0][1].document.error is None
    assert [len(disclosure.facts) > 100 for _, disclosure in read] == [False, True, True, True, False, False, True]
    errors = [disclosure.document.error.code for _, disclosure in read if disclosure.document.error]
    assert errors == ["encrypted", "truncated"]
    assert {disclosure.document.recipe for _, disclosure in read} == {"r"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["after.xlsx", "bundle.zip"]


def test_extract_writes_one_file_a_document_and_none_outside_the_output_folder(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "bundle.zip").write_bytes(BUNDLE)
    command = [sys.executable, "-m", "flows.command_line", "extract", str(tmp_path / "in"), "--json", "--no-checks"]
    done = subprocess.run(
        [*command, "--output", str(tmp_path / "out")],
        cwd=ROOT, capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    assert done.returncode == 1, "two members give a reason instead of figures"
    written = {path.relative_to(tmp_path / "out").as_posix(): path for path in (tmp_path / "out").rglob("*.json")}
    assert set(written) == {"bundle.zip.json", *(f"bundle.zip!/{label}.json" for label in LABELS)}
    schema = json.loads((resources.files("budget") / "data" / "disclosure.schema.json").read_text(encoding="utf-8"))
    for path in written.values():
        jsonschema.Draft202012Validator(schema).validate(json.loads(path.read_text()))
    assert "5 files" in json.loads(written["bundle.zip.json"].read_text())["findings"][0]["message"]
    lines = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200, check=False).stdout
    files = [json.loads(line)["document"]["file"] for line in lines.splitlines()]
    assert files == [str(tmp_path / "in" / f"bundle.zip!/{label}") for label in LABELS], "the archive is no document"


@pytest.mark.parametrize(
    ("label", "path"),
    [
        ("a/b.pdf", "a/b.pdf.json"),
        ("附件1：“三公”经费（公开）.xlsx", "附件1：“三公”经费（公开）.xlsx.json"),
        (".hidden/..pdf", "%2Ehidden/%2E.pdf.json"),
        ("a\\b:c*?.pdf", "a%5Cb%3Ac%2A%3F.pdf.json"),
        ("nul/con.txt", "%6Eul/%63on.txt.json"),
        ("x. /y.", "x.%20/y%2E.json"),
        ("100%.pdf", "100%25.pdf.json"),
    ],
)
def test_a_label_becomes_a_path_that_stays_below_and_stays_itself(label: str, path: str) -> None:
    assert member_path(label).as_posix() == path


def test_names_too_long_for_a_file_are_cut_and_stay_apart() -> None:
    first, second = output_name("预" * 300 + "1.pdf"), output_name("预" * 300 + "2.pdf")
    assert first != second
    assert max(len(first.encode()), len(second.encode())) <= MAX_BYTES + len(".json")


def _seen(archive: Archive, run: str, data: bytes, when: datetime) -> Sighting:
    address = "http://portal.test/2024/bundle.zip"
    sha256 = archive.put(data)
    archive.ledger.start_run(run)
    return archive.ledger.record(
        run,
        Sighting(
            portal="sample", family="static_pager", list_url="http://portal.test/", seen_at=when, outcome="archived",
            article_url="http://portal.test/2024/a.html", article_title="2023年部门预算", url=address, sha256=sha256,
            size=len(data), region="云岚市",
        ),
        address=address,
    )  # fmt: skip


def test_documents_of_an_archive_are_stored_by_their_own_hash_and_seen_at_its_address(tmp_path: Path) -> None:
    with Archive(tmp_path / "archive") as archive, Warehouse.open(f"sqlite:///{tmp_path / 'w.sqlite'}") as opened:
        warehouse = opened.migrate()
        queue = ReviewQueue(warehouse)
        sighting = _seen(archive, "night-1", BUNDLE, datetime(2026, 1, 1, tzinfo=UTC))
        queue.record_sightings([sighting], None)
        outcomes = read_prove_store(
            [sighting.sha256 or ""], warehouse=warehouse, archive=archive, run_id="night-1", workers=2
        )
        states = {one.file: (one.state, one.reason) for one in outcomes}
        assert states == {
            "bundle.zip": ("taken_apart", None),
            "bundle.zip!/县/甲.xlsx": ("loaded", None),
            "bundle.zip!/乙.pdf": ("loaded", None),
            "bundle.zip!/broken.pdf": ("in_review", "truncated"),
        }
        assert outcomes[-1].file == "bundle.zip", "noted last: a run killed before takes it again"
        assert archive.read(hashlib.sha256(PRINTED).hexdigest()) == PRINTED
        assert archive.read(hashlib.sha256(WORKBOOK).hexdigest()) == WORKBOOK
        places = warehouse.rows("SELECT url, region, outcome, reason FROM sightings ORDER BY url")
        assert {row["url"].partition("bundle.zip")[2]: row["outcome"] for row in places} == {
            "": "archived", "!/县/甲.xlsx": "archived", "!/乙.pdf": "archived", "!/inner.zip!/甲.xlsx": "archived",
            "!/丙/secret.pdf": "failed", "!/broken.pdf": "archived",
        }  # fmt: skip
        assert {row["region"] for row in places} == {"云岚市"}
        reasons = [row.reason for row in queue.list()]
        assert sorted(str(reason) for reason in reasons) == ["encrypted", "truncated"], "the archive asks nobody"
        digest = warehouse.content_digest()
        again = read_prove_store(
            [sighting.sha256 or ""], warehouse=warehouse, archive=archive, run_id="night-2", workers=2
        )
        assert [one.rows_added for one in again] == [0, 0, 0, 0]
        assert warehouse.content_digest() == digest


def test_a_changed_archive_brings_new_versions_of_the_documents_that_changed(tmp_path: Path) -> None:
    other = (DOCUMENTS / "gaoxin_renshe_2023.pdf").read_bytes()
    with Archive(tmp_path / "archive") as archive, Warehouse.open(f"sqlite:///{tmp_path / 'w.sqlite'}") as opened:
        warehouse = opened.migrate()
        queue = ReviewQueue(warehouse)
        nights = [{"a.xlsx": WORKBOOK, "b.pdf": other}, {"a.xlsx": WORKBOOK, "b.pdf": PRINTED}]
        for number, files in enumerate(nights, 1):
            run = f"night-{number}"
            sighting = _seen(archive, run, zipped(files), datetime(2026, 1, number, tzinfo=UTC))
            queue.record_sightings([sighting], None)
            read_prove_store([sighting.sha256 or ""], warehouse=warehouse, archive=archive, run_id=run, workers=2)
        version = warehouse.version(hashlib.sha256(PRINTED).hexdigest())
        assert version is not None
        assert version["supersedes_sha256"] == hashlib.sha256(other).hexdigest()
        assert warehouse.count_states()[DocumentState.TAKEN_APART] == 2
