"""What a server's owner may set of its leases."""

from __future__ import annotations

import pytest

from rlviz.errors import BadValue
from rlviz.server.limits import Limits


def test_the_environment_sets_the_leases() -> None:
    limits = Limits.of({"RLVIZ_LEASE_SECONDS": "30", "RLVIZ_KEEP_DAYS": "0.5", "PATH": "/bin"})

    assert limits == Limits(lease_seconds=30.0, keep_seconds=43_200.0)


def test_without_them_the_defaults_hold() -> None:
    assert Limits.of({}) == Limits()


@pytest.mark.parametrize("text", ["0", "-5", "soon", "nan", "1e9"])
def test_a_lease_that_is_none_is_refused_by_its_name(text: str) -> None:
    with pytest.raises(BadValue, match="1 <= RLVIZ_LEASE_SECONDS <= 86400"):
        Limits.of({"RLVIZ_LEASE_SECONDS": text})
