"""What all tests share: `--golden` writes the golden outputs anew instead of comparing with them."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is slow: no deadline, and no health check that measures time.
settings.register_profile(
    "cnncli", deadline=None, derandomize=True, max_examples=100, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("cnncli")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--golden", action="store_true", help="write the golden outputs anew")
