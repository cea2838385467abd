"""Who may do what: every address and every command, for everybody who may come."""

from __future__ import annotations

import ast
import asyncio
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import orjson
import pytest

from rlviz.errors import NotAllowed, RlvizError
from rlviz.server import assets
from rlviz.server.access import OWNER_COOKIE
from rlviz.server.admission import NO_OWNER, ONLY_WATCH
from rlviz.server.commands import LiveCommand
from rlviz.server.gateway import Gateway
from rlviz.server.routes import DECLARED, Declared, Socket
from tests.imports import ROOT, sources
from tests.server.kept_run import keep, packed
from tests.server.web import Answer, Site, closing, on_site

Who = Literal["anonymous", "owner", "other", "watcher"]
EVERYBODY: tuple[Who, ...] = ("anonymous", "owner", "other", "watcher")


@dataclass(frozen=True)
class Visitor:
    """A browser: its cookie, and the token that its page was given."""

    cookie: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Cookie": f"{OWNER_COOKIE}={self.cookie}"} if self.cookie else {}


def visitors(site: Site) -> tuple[str, dict[Who, Visitor]]:
    """A run with something kept, and who comes to see it.

    The other owner has a run too, and its token; the watcher has the link of the first one's page.
    """
    cookie, another = site.access.owner_cookie(), site.access.owner_cookie()
    run = keep(site, cookie.partition(".")[0])
    his = site.start(another.partition(".")[0], playing=False)
    return run, {
        "anonymous": Visitor("", ""),
        "owner": Visitor(cookie, site.access.token(run, "control")),
        "other": Visitor(another, site.access.token(his, "control")),
        "watcher": Visitor(site.access.owner_cookie(), site.access.token(run, "watch")),
    }


def everybody(status: int) -> dict[Who, int]:
    return dict.fromkeys(EVERYBODY, status)


ITS_VIEWERS: dict[Who, int] = {"anonymous": 401, "owner": 200, "other": 401, "watcher": 200}
# Each address, what is asked there, and what everybody gets: an address that does not stand here
# fails the build.
EXPECTED: dict[tuple[str, str], tuple[str, dict[Who, int]]] = {
    ("GET", "/api/assets/{hash}/{name}"): (assets.asset_url("live.css"), everybody(200)),
    ("GET", "/api/first/{name}"): ("/api/first/control.q_learning", everybody(200)),
    ("GET", "/api/health"): ("/api/health", everybody(200)),
    ("GET", "/api/runs/{run}/history"): ("/api/runs/RUN/history", ITS_VIEWERS),
    ("GET", "/api/runs/{run}/frames"): ("/api/runs/RUN/frames", ITS_VIEWERS),
    ("GET", "/api/runs/{run}/frames/{sequence}"): ("/api/runs/RUN/frames/3", ITS_VIEWERS),
    ("GET", "/api/runs/{run}/export.zip"): ("/api/runs/RUN/export.zip", ITS_VIEWERS),
    ("GET", "/api/runs/{run}/script.py"): ("/api/runs/RUN/script.py", ITS_VIEWERS),
    ("GET", "/api/runs/{run}/notebook.ipynb"): ("/api/runs/RUN/notebook.ipynb", ITS_VIEWERS),
    ("GET", "/api/runs/{run}/series.csv"): (
        "/api/runs/RUN/series.csv?signal=td_error",
        ITS_VIEWERS,
    ),
    ("POST", "/api/runs/import"): (
        "/api/runs/import",
        {"anonymous": 401, "owner": 201, "other": 201, "watcher": 201},
    ),
    ("ANY", "/api/{rest:path}"): ("/api/no/such/thing", everybody(404)),
}


def test_every_address_has_its_row() -> None:
    declared = {(d.method, d.path) for d in DECLARED if isinstance(d, Declared)}
    sockets = {d.path for d in DECLARED if isinstance(d, Socket)}

    assert declared == set(EXPECTED)
    assert sockets == {"/api/live/{run}", "/api/follow/{channel}"}


@pytest.mark.slow
def test_the_application_has_no_address_that_is_not_declared(tmp_path: Path) -> None:
    """The real application's router is walked: what is not Streamlit's is ours, and declared."""
    code = """
import app, json
from streamlit.web.server.starlette.starlette_app import create_streamlit_routes as theirs
built = app.app._build_starlette_app().routes
own = {route.path for route in theirs(app.app._runtime)}
print(json.dumps([route.path for route in built if route.path not in own]))
"""
    home = {**os.environ, "RLVIZ_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=home, capture_output=True, check=True
    )

    assert orjson.loads(done.stdout) == [declared.path for declared in DECLARED]


def test_addresses_are_made_in_one_place() -> None:
    """Nobody else builds a route: there it could not be reached without what it needs."""
    makers = ("Route", "WebSocketRoute", "Mount", "Host", "add_route", "add_websocket_route")
    found = {
        name
        for name, file in sources().items()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in makers
    }

    assert found == {"rlviz.server.routes"}


@pytest.mark.parametrize("address", EXPECTED, ids=" ".join)
def test_an_address_lets_in_whom_it_should(address: tuple[str, str], tmp_path: Path) -> None:
    path, expected = EXPECTED[address]

    async def test(site: Site) -> None:
        run, who = visitors(site)
        body = packed(site, run)
        found = {}
        for name, visitor in who.items():
            mark = "&" if "?" in path else "?"
            url = f"{path.replace('RUN', run)}{mark}token={visitor.token}"
            if address[0] == "POST":
                answer = await site.post(url, body, visitor.headers)
            else:
                answer = await site.get(url, visitor.headers)
            found[name] = answer[0]
            check_headers(answer)

        assert found == expected

    on_site(test, tmp_path)


def check_headers(answer: Answer) -> None:
    """What every answer of ours carries, a refusal too."""
    status, headers, content = answer
    safe = {
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'",
        "referrer-policy": "no-referrer",
        "cross-origin-resource-policy": "same-origin",
    }
    assert {name: headers.get(name) for name in safe} == safe
    assert "cache-control" in headers
    if status >= 400:
        assert list(orjson.loads(content)) == ["error"]


@pytest.mark.parametrize("cookie", ["", "ada", "ada.", "a" * 24 + "." + "0" * 64, "x" * 5000])
def test_a_cookie_that_is_not_ours_brings_no_run(cookie: str, tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        body = packed(site, keep(site))
        headers = {"Cookie": f"{OWNER_COOKIE}={cookie}"}
        status, _, content = await site.post("/api/runs/import", body, headers)

        assert (status, orjson.loads(content)) == (401, {"error": NO_OWNER})

    on_site(test, tmp_path)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_the_page_of_another_server_brings_no_run(headers: dict[str, str], tmp_path: Path) -> None:
    """Its browser would send the cookie along."""

    async def test(site: Site) -> None:
        cookie = {"Cookie": f"{OWNER_COOKIE}={site.access.owner_cookie()}"}
        body = packed(site, keep(site))
        status, _, _ = await site.post("/api/runs/import", body, cookie | headers)
        allowed, _, _ = await site.post(
            "/api/runs/import", body, cookie | {"Sec-Fetch-Site": "same-origin"}
        )

        assert (status, allowed) == (403, 201)

    on_site(test, tmp_path)


# ------------------------------------------------------------------ commands of the live route

COMMANDS: dict[str, dict[str, Any]] = {
    "Play": {"speed": 5},
    "Pause": {},
    "Step": {"grain": "beat", "n": 2},
    "Edit": {"world": {}},
    "Watch": {"signals": ["q"], "fps": 5},
}


@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize("kind", COMMANDS)
def test_a_command_is_obeyed_from_whom_it_should_be(kind: str, who: Who, tmp_path: Path) -> None:
    """The table of commands is the parser's own."""
    assert set(COMMANDS) == {command.__name__ for command in get_args(LiveCommand)}

    async def test(site: Site) -> None:
        run, people = visitors(site)
        before = len(site.executor.last.commands)
        async with site.live(run, token=people[who].token) as browser:
            if who in ("owner", "watcher"):
                await browser.send(orjson.dumps({"type": kind, **COMMANDS[kind]}).decode())
            allowed = who == "owner" or (who == "watcher" and kind == "Watch")
            if allowed:
                await browser.send("not JSON")  # hangs up after the command before it
            code, sentence = await closing(browser)
        told = [type(c).__name__ for c in site.executor.last.commands[before:]]
        # A viewer that comes or goes makes the hub tell its worker what to show.
        acted = [name for name in told if name != "Watch"] if kind != "Watch" else told[:1]

        expected = {"Edit": "Intervene"}.get(kind, kind)
        assert acted == ([expected] if allowed else [])
        if not allowed:
            assert code == (4403 if who == "watcher" else 4401)
            assert who != "watcher" or sentence == ONLY_WATCH

    on_site(test, tmp_path)


# ------------------------------------------------------------------ following a class


@pytest.mark.parametrize("who", EVERYBODY)
def test_a_channel_is_followed_by_those_with_its_link(who: Who, tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        _, people = visitors(site)
        teacher = people["owner"].cookie.partition(".")[0]
        channel = site.hub.channels.open(teacher)
        tokens = {name: visitor.token for name, visitor in people.items()}
        tokens["watcher"] = site.access.token(channel, "watch")
        tokens["owner"] = site.access.token(channel, "control")
        site.hub.channels.publish(channel, teacher, {"lesson": "control"})
        async with site.follow(channel, tokens[who]) as browser:
            if who in ("owner", "watcher"):
                first = orjson.loads(await browser.recv())
                site.hub.channels.publish(channel, teacher, {"lesson": "bandits"})
                second = orjson.loads(await browser.recv())
                assert [first, second] == [
                    {"type": "Published", "n": 1},
                    {"type": "Published", "n": 2},
                ]
            else:
                assert (await closing(browser))[0] == 4401

    on_site(test, tmp_path)


def test_who_follows_has_nothing_to_say(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        channel = site.hub.channels.open("ada")
        async with site.follow(channel, site.access.token(channel, "control")) as browser:
            await browser.send('{"type":"Publish"}')
            code, sentence = await closing(browser)

        assert (code, sentence) == (4400, "Who follows a class only listens.")
        assert site.hub.channels._followers == {}

    on_site(test, tmp_path)


def test_a_channel_that_is_not_there_and_a_foreign_page(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        channel = site.hub.channels.open("ada")
        async with site.follow("a" * 12, site.access.token("a" * 12, "watch")) as browser:
            assert (await closing(browser))[0] == 4404
        token = site.access.token(channel, "watch")
        async with site.follow(channel, token, origin="http://evil.example") as browser:
            assert (await closing(browser))[0] == 4403

    on_site(test, tmp_path)


# ------------------------------------------------------------------ what pages do for an owner


def test_only_its_owner_owns_a_run(tmp_path: Path) -> None:
    """A page asks this before each of its actions: rename, delete, change, play."""

    async def test(site: Site) -> None:
        run, people = visitors(site)
        public = site.hub.start_public("first", site.hub.view(run).spec, None)
        owners = {name: visitor.cookie.partition(".")[0] for name, visitor in people.items()}

        assert {name: site.hub.owns(run, owner) for name, owner in owners.items()} == {
            "anonymous": False,
            "owner": True,
            "other": False,
            "watcher": False,
        }
        assert not any(site.hub.owns(public, owner) for owner in owners.values())
        listed = {name: [r.run for r in site.hub.runs(owner)] for name, owner in owners.items()}
        assert listed["owner"] == [run]
        assert run not in listed["other"]
        assert (listed["anonymous"], listed["watcher"]) == ([], [])

    on_site(test, tmp_path)


def test_without_a_cookie_nothing_is_begun(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        run, _ = visitors(site)
        body = packed(site, run)
        gateway = Gateway(site.hub, asyncio.get_running_loop())
        spec = site.hub.view(run).spec
        for begin in (
            lambda: gateway.start(spec, ""),
            lambda: gateway.fork(run, 0, ""),
            lambda: gateway.adopt(body, ""),
            lambda: gateway.open_channel(""),
        ):
            with pytest.raises(RlvizError, match="allow cookies"):
                await asyncio.to_thread(begin)

    on_site(test, tmp_path)


def test_only_its_owner_shows_something_on_a_channel(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        channel = site.hub.channels.open("ada")
        for owner in ("bob", ""):
            with pytest.raises(NotAllowed):
                site.hub.channels.publish(channel, owner, {"lesson": "evil"})

        assert site.hub.channels.published(channel).address == {}

    on_site(test, tmp_path)
