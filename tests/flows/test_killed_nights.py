"""A night killed with SIGKILL and run again ends like an undisturbed one (two random moments; the script takes ten)."""

from __future__ import annotations

import importlib.util
import random
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
@pytest.mark.timeout(420)
def test_a_killed_night_that_is_run_again_equals_an_undisturbed_one(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("killed_nights", Path(__file__).with_name("killed_nights.py"))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["killed_nights"] = module
    spec.loader.exec_module(module)
    seed = random.randrange(10**6)
    for moment, equal, note in module.killed_nights(tmp_path, moments=2, copies=10, seed=seed):
        assert equal, f"seed {seed}, killed after {moment:.2f} s: {note}"
