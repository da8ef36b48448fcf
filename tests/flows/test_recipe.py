"""Same bytes and same recipe, same rows: the recipe changes with everything that decides what is read."""

from __future__ import annotations

from datetime import UTC, datetime

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
    monkeypatch.setattr(recipe.resources, "files", lambda room: tmp_path)
    before = recipe.code_recipe.__wrapped__()
    (tmp_path / "kinds.toml").write_text("a = 2")
    assert recipe.code_recipe.__wrapped__() != before
