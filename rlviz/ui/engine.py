"""One accessor for pages: the engine, the signed access and the URLs of our own files.

`app.py` installs them when the server starts, tests install an in-process client. The cell lives
in `sys.modules` under a name that is no file of ours, so a hot reload that purges our modules can
not lose the running engine or make a second one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Literal, Protocol

from rlviz.errors import RlvizError
from rlviz.runs.client import Client

_CELL = "__rlviz_engine__"


class Access(Protocol):
    """What a page needs of `server.access`: who is this, and a token for the live route."""

    def read_owner(self, cookies: Mapping[str, str]) -> str | None:
        """The owner that a signed cookie names; None where there is none or it is forged."""

    def token(self, run: str, role: Literal["control", "watch"]) -> str:
        """A signed short-lived token for the live route of that run."""


class _Cell(ModuleType):
    client: Client
    access: Access
    asset_url: Callable[[str], str]


def install(
    client: Client, access: Access, asset_url: Callable[[str], str] = "/api/assets/0/{}".format
) -> None:
    """Make these the engine, access and asset URLs of every page of this process."""
    cell = _Cell(_CELL)
    cell.client, cell.access, cell.asset_url = client, access, asset_url
    sys.modules[_CELL] = cell


def client() -> Client:
    """The engine."""
    return _cell().client


def access() -> Access:
    """The signed access."""
    return _cell().access


def asset_url(name: str) -> str:
    """The address of one of our files: hashed, so that a browser may keep it for a year."""
    return _cell().asset_url(name)


def _cell() -> _Cell:
    cell = sys.modules.get(_CELL)
    if cell is None:
        raise RlvizError("The engine is not running: start it with `streamlit run app.py`.")
    return cell  # type: ignore[return-value]  # a reload may have made a second class of that name
