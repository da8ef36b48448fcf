"""Departments of one city that fill in one form: 支出总表 whose 合计 does not count 经营支出, which is contained in 项目支出 already."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from archive.store import Archive
from budget.disclosure import Disclosure
from extract.document import extract_bytes
from flows.documents.batch import Passage, prove_and_store
from flows.documents.recipe import code_recipe
from flows.documents.settling import settle_forms
from review.queue import ReviewQueue
from warehouse import Warehouse

CITY = "海港市"
CHECK, ROW, READING = "ROW-03", "合计", "contained=事业单位经营支出"
CLASSES = ("一般公共服务支出", "教育支出", "科学技术支出", "住房保障支出", "农林水支出")


def budget(number: int, *, contained: bool = True, city: str = CITY, wrong: str | None = None) -> bytes:
    """The budget of one department; `contained`: 经营支出 is printed in every row and counted in none. `wrong`: another total."""
    rows = []
    for place, name in enumerate(CLASSES):
        basic, project, business = (Decimal(f"{n}.{place + 1:02}") for n in (10 + number, 7 + 2 * number + place, 3))
        total = basic + project + (0 if contained else business)
        rows.append((name, total, basic, project, business))
    sums = [sum((row[col] for row in rows), Decimal(0)) for col in range(1, 5)]
    printed = [("合计", wrong or sums[0], *sums[1:]), *rows]
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in printed)
    title = f"{city}第{number}局2026年部门预算"
    return (
        f"<html><head><title>{title}</title></head><body><p>{title}</p><p>支出总表</p><p>单位：万元</p><table><tr><td>功能分类科目名称</td>"
        f"<td>合计</td><td>基本支出</td><td>项目支出</td><td>事业单位经营支出</td></tr>{body}</table></body></html>"
    ).encode()


class City:
    """An archive and a warehouse that the city's documents come into, one run after the other."""

    def __init__(self, folder: Path, archive: Path | None = None, database: str | Path | None = None) -> None:
        folder.mkdir(exist_ok=True)
        self.archive = Archive(archive or folder / "archive").__enter__()
        self.warehouse = Warehouse.open(database or folder / "w.sqlite").migrate()

    def store(self, *contents: bytes, settle: bool = True) -> list[str]:
        """A run with these documents; a run that is not to settle ends as if it were killed before."""
        read = {}
        for content in contents:
            found = extract_bytes(content, "budget.html")
            document = found.document.model_copy(update={"recipe": code_recipe()})
            read[self.archive.put(content)] = found.model_copy(update={"document": document, "seconds": None})
        if read:
            paths = {sha256: self.archive.local_path(sha256) for sha256 in read}
            prove_and_store(read, paths, self.warehouse, ReviewQueue(self.warehouse), "r")
        if settle:
            self.settle()
        return list(read)

    def settle(self) -> int:
        return settle_forms(Passage(self.warehouse, self.archive, "r", workers=1))

    def reading(self, sha256: str) -> Disclosure:
        kept = self.warehouse.disclosure(sha256)
        assert kept is not None
        return kept

    def form(self) -> str:
        """The form on which the rule fails."""
        found = self.warehouse.rows(
            "SELECT DISTINCT form FROM form_checks WHERE check_id = :check AND failed > 0", check=CHECK
        )
        return str(found[0]["form"])

    def rows(self, *without: str) -> list[tuple[str, dict[str, object]]]:
        """Every row that is content."""
        return [(name, row) for name, row in self.warehouse.dump_rows() if name not in without]
