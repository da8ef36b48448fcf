"""Same bytes and same recipe, same rows: the recipe changes with everything that decides what is read."""

from __future__ import annotations

import ast
import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import pytest

from budget.decisions import Decision
from flows.documents import recipe


def decision(note: str) -> Decision:
    return Decision(
        id="d1", sha256="0" * 64, action="accept", note=note, decided_by="reviewer",
        decided_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip


def test_the_recipe_is_stable_and_short() -> None:
    assert recipe.document_recipe() == recipe.document_recipe(()) == recipe.code_recipe()
    assert len(recipe.code_recipe()) == 16


def test_decisions_are_part_of_a_documents_recipe_in_any_order() -> None:
    one, other = decision("a"), decision("b")
    assert recipe.document_recipe([one, other]) == recipe.document_recipe([other, one])
    assert recipe.document_recipe([one]) != recipe.document_recipe([other]) != recipe.document_recipe()


def test_an_edited_alias_file_changes_the_recipe(tmp_path, monkeypatch) -> None:
    (tmp_path / "kinds.toml").write_text("a = 1")
    monkeypatch.setattr(recipe, "ROOMS", ("budget",))
    monkeypatch.setattr(recipe, "DECIDING", ())
    monkeypatch.setattr(recipe.resources, "files", lambda room: tmp_path)
    before = recipe.code_recipe.__wrapped__()
    (tmp_path / "kinds.toml").write_text("a = 2")
    assert recipe.code_recipe.__wrapped__() != before


def test_what_only_shows_is_no_part_of_the_recipe(tmp_path, monkeypatch) -> None:
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "app.py").write_text("a = 1")
    monkeypatch.setattr(recipe, "ROOMS", ("review",))
    monkeypatch.setattr(recipe, "DECIDING", ())
    monkeypatch.setattr(recipe.resources, "files", lambda room: tmp_path)
    before = recipe.code_recipe.__wrapped__()
    (tmp_path / "page" / "app.py").write_text("a = 2")
    assert recipe.code_recipe.__wrapped__() == before
    (tmp_path / "replay.py").write_text("a = 1")
    assert recipe.code_recipe.__wrapped__() != before


def test_a_note_is_no_part_of_a_documents_recipe() -> None:
    assert recipe.document_recipe([decision("a").model_copy(update={"action": "note"})]) == recipe.document_recipe()


ROOT = Path(__file__).parents[2]
NO_READERS = {"typing-extensions", "prefect", "typer", "rich", "scrapy", "sqlalchemy", "pebble", "pyyaml", "alembic"}
"""Libraries that run, store or show and decide no figure."""


def imported_modules() -> set[str]:
    """The modules that the rooms of the recipe import, by their full names, told from their code."""
    modules = set()
    for room in recipe.ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            if (room, path.relative_to(ROOT / room).parts[0]) == recipe.SHOWS_ONLY:
                continue
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Import):
                    modules |= {alias.name for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    modules.add(node.module)
    return modules


def imported() -> set[str]:
    """The distributions that the rooms of the recipe import."""
    modules = {name.split(".")[0] for name in imported_modules()}
    known = metadata.packages_distributions()
    foreign = modules - set(sys.stdlib_module_names)
    return {name.lower().replace("_", "-") for module in foreign for name in known.get(module, [])[:1]}


def test_every_library_that_reads_or_proves_is_in_the_recipe() -> None:
    found = imported() - NO_READERS - {"yusuan"}
    named = set(recipe.READING_LIBRARIES)
    # one distribution may bring the module of another: pypdfium2 its raw bindings
    assert found - named == set(), "add them to READING_LIBRARIES"


@pytest.mark.parametrize("library", recipe.READING_LIBRARIES)
def test_another_version_of_a_reading_library_is_another_recipe(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = metadata.version
    before = recipe.code_recipe.__wrapped__()
    monkeypatch.setattr(recipe.metadata, "version", lambda name: "99.0" if name == library else real(name))
    assert recipe.code_recipe.__wrapped__() != before


def test_files_that_decide_year_agency_or_origin_are_in_the_recipe() -> None:
    assert all((ROOT / name).is_file() for name in recipe.DECIDING)


def test_what_the_rooms_import_from_the_archive_is_in_the_recipe() -> None:
    modules = {name for name in imported_modules() if name.split(".")[0] == "archive"}
    assert modules >= {"archive.file_kinds"}
    assert {f"{name.replace('.', '/')}.py" for name in modules} - set(recipe.DECIDING) == set()
