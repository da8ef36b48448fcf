"""The search for cycles stops while objects are made and goes on as it was; places survive JSON whatever their kind."""

from __future__ import annotations

import gc
import pickle
import threading
from collections.abc import Iterator

import pytest
from pydantic import ValidationError

from budget.cycles import no_search_for_cycles
from budget.disclosure import Disclosure, Document, PagePlace, Place, Row, SheetPlace, Statement, TablePlace


@pytest.fixture(autouse=True)
def search_runs() -> Iterator[None]:
    assert gc.isenabled()
    yield
    gc.enable()


def test_the_search_goes_on_after_the_outermost_block_even_when_that_fails() -> None:
    with pytest.raises(KeyError), no_search_for_cycles():
        with no_search_for_cycles():
            assert not gc.isenabled()
        assert not gc.isenabled()
        raise KeyError
    assert gc.isenabled()


def test_the_search_that_somebody_else_stopped_stays_stopped() -> None:
    gc.disable()
    with no_search_for_cycles():
        assert not gc.isenabled()
    assert not gc.isenabled()


def test_the_last_thread_at_work_starts_the_search_again() -> None:
    inside, leave = threading.Event(), threading.Event()

    def other() -> None:
        with no_search_for_cycles():
            inside.set()
            assert leave.wait(10)

    thread = threading.Thread(target=other)
    with no_search_for_cycles():
        thread.start()
        assert inside.wait(10)
    assert not gc.isenabled()
    leave.set()
    thread.join(10)
    assert gc.isenabled()


def test_a_measured_place_is_the_place_that_validation_makes() -> None:
    measured, validated = PagePlace.measured(3, (1.0, 2.5, 3.0, 4.0)), PagePlace(page=3, bbox=(1.0, 2.5, 3.0, 4.0))
    assert measured == validated
    assert hash(measured) == hash(validated)
    assert measured.model_dump_json() == validated.model_dump_json()
    assert measured.model_dump(exclude_unset=True) == {"page": 3, "bbox": (1.0, 2.5, 3.0, 4.0)}
    assert pickle.loads(pickle.dumps(measured)) == validated
    assert measured.model_copy(update={"page": 4}) == PagePlace(page=4, bbox=(1.0, 2.5, 3.0, 4.0))
    with pytest.raises(ValidationError):
        measured.page = 5  # type: ignore[misc]
    assert PagePlace.measured(1, (0.0, 0.0, 1.0, 1.0)).model_fields_set == {"page", "bbox"}


@pytest.mark.parametrize(
    "place",
    [
        PagePlace(page=3, bbox=(1.0, 2.5, 3.0, 4.0)),
        SheetPlace(sheet="表1", cell="C12"),
        TablePlace(table=1, row=0, col=2),
        None,
    ],
)
def test_a_place_comes_back_from_json_as_what_it_was(place: Place | None) -> None:
    document = Document(file="a.pdf", sha256="0" * 64, reader="pdf", kind=None)
    statement = Statement(
        id="t01", kind="unknown", title=None, unit=None, columns=(), declared_empty=False,
        rows=(Row(cells=("1.00",), at=(place,)),),
    )  # fmt: skip
    disclosure = Disclosure(document=document, statements=(statement,))
    (row,) = Disclosure.from_json(disclosure.to_json()).statements[0].rows
    assert row.at == (place,)
    assert type(row.at[0]) is type(place)
