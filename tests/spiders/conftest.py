"""The lab of loopback portals (`measure.portal_lab`) for the tests of spiders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from measure.portal_lab import Lab


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = Lab(tmp_path)
    yield made
    for site in made.sites:
        site.close()


@pytest.fixture(scope="module")
def shared_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    made = Lab(tmp_path_factory.mktemp("portals"))
    yield made
    for site in made.sites:
        site.close()
