from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from starlette.responses import HTMLResponse, JSONResponse, Response

from rlviz.errors import NotAllowed
from rlviz.server.access import OWNER_COOKIE, TOKEN_SECONDS, Access, OwnerCookie, Role

RUN, OTHER = "a" * 12, "b" * 12


@pytest.fixture
def access(tmp_path: Path) -> Access:
    return Access(tmp_path / "secret")


@pytest.mark.parametrize("role", ["control", "watch"])
def test_a_token_says_what_it_allows(access: Access, role: Role) -> None:
    assert access.check(access.token(RUN, role), RUN) == role


def test_a_token_is_for_one_run(access: Access) -> None:
    with pytest.raises(NotAllowed, match="not valid for this run"):
        access.check(access.token(OTHER, "control"), RUN)


def test_a_token_of_another_server_is_forged(access: Access, tmp_path: Path) -> None:
    with pytest.raises(NotAllowed, match="not valid"):
        access.check(Access(tmp_path / "other").token(RUN, "control"), RUN)


def test_a_token_expires(tmp_path: Path) -> None:
    now = 1000.0
    access = Access(tmp_path / "secret", clock=lambda: now)
    token = access.token(RUN, "control")
    now += TOKEN_SECONDS - 1
    access.check(token, RUN)
    now += 2

    with pytest.raises(NotAllowed, match="expired"):
        access.check(token, RUN)


@pytest.mark.parametrize(
    "forge",
    [
        lambda _: "",
        lambda _: "..",
        lambda token: token[:-1],
        lambda token: token.upper(),
        lambda token: token.replace("watch", "control"),
        lambda token: token.replace("watch.", "watch.9"),
        lambda token: token + ".x",
        lambda token: token + "\ud800",
        lambda _: "control.9999999999." + "0" * 64,
        lambda _: "x" * 10**6,
    ],
)
def test_a_changed_token_is_refused(access: Access, forge: object) -> None:
    assert callable(forge)

    with pytest.raises(NotAllowed):
        access.check(forge(access.token(RUN, "watch")), RUN)


def test_a_cookie_names_its_owner(access: Access) -> None:
    cookie = access.owner_cookie()

    assert access.read_owner({OWNER_COOKIE: cookie}) == cookie.partition(".")[0]


def test_every_owner_is_another(access: Access) -> None:
    cookies = {access.owner_cookie() for _ in range(100)}

    assert len({access.read_owner({OWNER_COOKIE: cookie}) for cookie in cookies}) == 100


@pytest.mark.parametrize("cookie", ["", ".", "ada", "ada." + "0" * 64, "ada.é", "x" * 10**6])
def test_a_forged_cookie_names_nobody(access: Access, cookie: str) -> None:
    assert access.read_owner({OWNER_COOKIE: cookie}) is None


def test_a_token_is_no_cookie(access: Access) -> None:
    role, expiry, signature = access.token(RUN, "control").split(".")

    assert access.read_owner({OWNER_COOKIE: f"{RUN}|{role}|{expiry}.{signature}"}) is None


def test_the_secret_outlives_the_server(tmp_path: Path) -> None:
    token = Access(tmp_path / "secret").token(RUN, "watch")

    assert Access(tmp_path / "secret").check(token, RUN) == "watch"


def test_only_its_owner_can_read_the_secret(access: Access, tmp_path: Path) -> None:
    access.token(RUN, "watch")

    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("spoil", [lambda f: f.chmod(0o644), lambda f: f.write_text("torn")])
def test_a_secret_that_is_no_secret_is_made_anew(tmp_path: Path, spoil: object) -> None:
    assert callable(spoil)
    token = Access(tmp_path / "secret").token(RUN, "watch")
    spoil(tmp_path / "secret")

    with pytest.raises(NotAllowed):
        Access(tmp_path / "secret").check(token, RUN)


def cookies_set(
    access: Access, answer: Response, cookie: str = "", scheme: str = "http"
) -> list[str]:
    """The Set-Cookie headers with which that answer reaches a browser."""
    started = []

    async def send(message: object) -> None:
        started.append(message)

    async def receive() -> dict[str, str]:
        return {"type": "http.request"}

    headers = [(b"cookie", f"{OWNER_COOKIE}={cookie}".encode())] if cookie else []
    scope = {"type": "http", "scheme": scheme, "method": "GET", "path": "/", "headers": headers}
    asyncio.run(OwnerCookie(answer, access)(scope, receive, send))  # type: ignore[arg-type]
    return [v.decode() for k, v in started[0]["headers"] if k == b"set-cookie"]  # type: ignore[index]


def test_the_first_page_sets_the_cookie(access: Access) -> None:
    (header,) = cookies_set(access, HTMLResponse("page"))
    pair, *attributes = header.split("; ")

    assert access.read_owner(dict([pair.split("=")])) is not None
    assert attributes == ["Path=/", "Max-Age=31536000", "HttpOnly", "SameSite=Lax"]


def test_over_https_the_cookie_stays_there(access: Access) -> None:
    assert cookies_set(access, HTMLResponse("page"), scheme="https")[0].endswith("; Secure")


def test_who_has_a_cookie_keeps_it(access: Access) -> None:
    assert cookies_set(access, HTMLResponse("page"), access.owner_cookie()) == []


def test_who_has_a_forged_cookie_gets_a_real_one(access: Access) -> None:
    assert len(cookies_set(access, HTMLResponse("page"), "ada.0")) == 1


def test_what_is_no_page_sets_no_cookie(access: Access) -> None:
    assert cookies_set(access, JSONResponse({})) == []
