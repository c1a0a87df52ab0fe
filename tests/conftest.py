"""Hypothesis plays the same examples in every default run; the heavy ones draw new ones."""

import pytest
from hypothesis import settings

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("drawn", deadline=None)


def pytest_configure(config: pytest.Config) -> None:
    heavy = "not heavy" not in str(config.getoption("markexpr"))
    settings.load_profile("drawn" if heavy else "same")
