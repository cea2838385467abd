"""What the tests of the whole application share."""

from __future__ import annotations

import pytest

from tests.browser.visits import LANGUAGES


@pytest.fixture
def language(request: pytest.FixtureRequest) -> str:
    """English and Chinese take turns over the tests of a module."""
    tests = [name for name in vars(request.module) if name.startswith("test_")]
    return LANGUAGES[tests.index(request.function.__name__) % len(LANGUAGES)]
