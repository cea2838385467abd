"""Who is let in at an address: what each one needs, and how that is checked.

public   everybody
watch    a signed token of the run (or channel) that the address names
control  the same, given to the run's owner
owner    the signed cookie of a browser, on a request that a page of this server made
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from rlviz.errors import BadMessage, BadValue, NoSuchRun, NotAllowed, RlvizError, UnknownName
from rlviz.runs.forks import NO_OWNER
from rlviz.server.access import Access, Role
from rlviz.server.answers import refused

Need = Literal["public", "watch", "control", "owner"]

FOREIGN = "This address may only be used by the page of this server."
ONLY_WATCH = "This page may only watch the run, because another browser started it."

_STATUS: tuple[tuple[type[RlvizError], int], ...] = (
    (NotAllowed, 403),
    (NoSuchRun, 404),
    (UnknownName, 404),
    (BadValue, 400),
    (BadMessage, 410),  # what was kept is damaged, and will stay so
    (RlvizError, 503),  # the engine is still starting, or too busy
)


class Unknown(NotAllowed):
    """Raised when nothing says who asks: no token or cookie, or one that is not ours."""


class Foreign(NotAllowed):
    """Raised when the page of another server asks."""


def role_of(connection: HTTPConnection, access: Access, subject: str) -> Role:
    """What the token of the address allows with that run or channel; Unknown where nothing."""
    try:
        return access.check(connection.query_params.get("token", ""), subject)
    except NotAllowed as why:
        raise Unknown(str(why)) from None


def check_origin(headers: Mapping[str, str]) -> None:
    """Raise Foreign unless a page of this server asks; browsers name it, and pages can not lie."""
    origin = urlsplit(headers.get("origin", ""))
    same = origin.netloc and origin.netloc.lower() == headers.get("host", "").lower()
    if not same or headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise Foreign(FOREIGN)


def admit(request: Request, access: Access, needs: Need) -> str:
    """Let a request in or raise NotAllowed; the owner that its cookie names, or ""."""
    if request.method not in ("GET", "HEAD"):
        check_origin(request.headers)
    if needs in ("watch", "control"):
        role = role_of(request, access, request.path_params["run"])
        if needs == "control" and role != "control":
            raise NotAllowed(ONLY_WATCH)
    owner = access.read_owner(request.cookies) or ""
    if needs == "owner" and not owner:
        raise Unknown(NO_OWNER)
    return owner


def refusal(error: RlvizError) -> Response:
    """The answer that an error of ours becomes."""
    if isinstance(error, Unknown):
        return refused(str(error), 401)
    status = next(number for kind, number in _STATUS if isinstance(error, kind))
    return refused(str(error), status)
