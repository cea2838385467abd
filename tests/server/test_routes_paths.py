"""Hostile addresses: every part of every route that is a visitor's gets all that the corpus has.

The router is walked, so that a route is tested from the day on which it is declared.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import orjson
import pytest
from starlette.routing import Route, WebSocketRoute

from rlviz.server.routes import DECLARED, Declared, routes
from tests.server.kept_run import keep
from tests.server.test_routes_matrix import check_headers
from tests.server.web import Answer, Site, closing, on_site

SECRETS = ("canary", "passwd", "app.py", "secret", "rlviz.db")  # files that nobody may read
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
HOSTILE = [
    "../canary",
    "../../canary",
    "../../../../../../../../etc/passwd",
    "..%2fcanary",
    "..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/canary",
    "%2e%2e%2fcanary",
    "%252e%252e%252fcanary",  # encoded twice
    "..%252f..%252fcanary",
    "....//....//canary",
    "..;/canary",
    ".%00./canary",
    "..\\..\\canary",
    "..%5c..%5ccanary",
    "%5c%5cserver%5cshare",
    "//server/share",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "file:///etc/passwd",
    "file:%2f%2f%2fetc%2fpasswd",
    "C:%5cWindows%5cwin.ini",
    "c:/windows/win.ini",
    "NUL",
    "CON",
    "aux.js",
    "COM1",
    "LPT1.css",
    "live.js%3a%3a$DATA",  # another stream of a file, on Windows
    "live.js.",
    "live.js%20",
    "%00",
    "live.js%00",
    "live.js%00.css",
    "live.css%0d%0aSet-Cookie:%20rlviz_owner=evil",
    "%c0%ae%c0%ae/canary",  # ../ in bytes that are no UTF-8
    "%e0%80%ae%e0%80%ae/canary",
    "%ff%fe",
    "%ef%bc%8e%ef%bc%8e%ef%bc%8fcanary",  # ../ in full width
    "%e2%80%ae%e2%80%8b",
    "%f0%9f%a6%8a",
    "~root",
    "$HOME",
    "%24%7bHOME%7d",
    "`id`",
    "a" * 3000,
    "%41" * 2000,
    "0" * 5000,
    "9" * 5000,
    "-1",
    "1e999",
    "'%20or%201=1--",
    "<script>alert(1)</script>",
    "%3cscript%3e",
    "{name}",
    "{run}",
    "%7b0.__class__%7d",
    "__proto__",
    "constructor",
    ".",
    "..",
    "...",
    "%2e",
    "%20",
    ";",
    "*",
    "?",
    "#",
]
PARTS = re.compile(r"\{(\w+)(:path)?\}")


def paths() -> Iterator[tuple[str, str]]:
    """A method and an address for each hostile text in each part, the others as they should be."""
    for declared in DECLARED:
        if not isinstance(declared, Declared):
            continue
        method = "GET" if declared.method == "ANY" else declared.method
        for part in PARTS.finditer(declared.path):
            for hostile in HOSTILE:
                path = declared.path.replace(part.group(), hostile)
                yield (
                    method,
                    path.replace("{run}", "RUN")
                    .replace("{hash}", "0")
                    .replace("{name}", "live.js")
                    .replace("{sequence}", "3"),
                )
        yield from ((other, declared.path) for other in METHODS)
        yield from ((method, f"{declared.path}/{hostile}") for hostile in HOSTILE)


def test_the_corpus_reaches_every_route(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        found = {r.path for r in routes(site.hub, site.access) if isinstance(r, Route)}

        assert found == {d.path for d in DECLARED if isinstance(d, Declared)}
        assert len(list(paths())) > 1000

    on_site(test, tmp_path)


opened: list[str] = []
_listening = False


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if _listening and event == "open" and isinstance(arguments[0], str | bytes | Path):
        opened.append(str(arguments[0]))


sys.addaudithook(_hear)  # can not be taken away again, so it is switched


@contextlib.contextmanager
def listening() -> Iterator[None]:
    """Note every file that this process opens."""
    global _listening
    opened.clear()
    _listening = True
    try:
        yield
    finally:
        _listening = False


def test_no_address_reaches_a_file_outside_or_breaks_the_server(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        run = keep(site)
        store = site.hub.shelf.store.folder
        for folder in (store, store / "runs", store / "runs" / run, tmp_path):
            (folder / "canary").write_text("the canary sings")
        site.access.token(run, "watch")  # the server itself has read its secret by now
        with listening():
            answers = await asyncio.to_thread(ask_all, site, run)
        for (method, path), (status, headers, content) in answers.items():
            assert status < 500, (method, path)
            assert status != 200 or method in ("GET", "HEAD"), (method, path)
            assert b"canary sings" not in content, path
            assert b"root:x:0" not in content, path
            assert b"Traceback" not in content, path
            assert "set-cookie" not in headers, path
            # An address with a line break is none of ours: no pattern of a router matches it.
            if method != "HEAD" and "\n" not in unquote(path):
                assert content != b"Not Found", (method, path)
                check_headers((status, headers, content))
        assert [f for f in opened if f.endswith(SECRETS)] == []

    on_site(test, tmp_path)


def ask_all(site: Site, run: str) -> dict[tuple[str, str], Answer]:
    """Ask with a token for whatever run the address names, so that no check before stops it."""
    answers = {}
    connection = http.client.HTTPConnection(site.host, timeout=20)
    for method, path in paths():
        path = path.replace("RUN", run).replace("#", "%23").replace(" ", "%20")
        plain, _, query = path.partition("?")
        named = re.match(r"/api/runs/([^/]*)", plain)
        token = site.access.token(unquote(named[1], errors="replace") if named else run, "watch")
        url = f"{quote(plain, safe='%/')}?{query}&token={token}"
        try:
            connection.putrequest(method, url, skip_accept_encoding=True)
            connection.putheader("Content-Length", "0")
            connection.putheader("Origin", f"http://{site.host}")
            connection.endheaders()
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            answers[method, path] = answer.status, found, answer.read()
        except (http.client.HTTPException, ConnectionError):
            connection.close()  # the server hung up: the next one needs a new connection
    connection.close()
    assert len(answers) > 0.99 * len({(m, p) for m, p in paths()})
    return answers


@pytest.mark.parametrize("subject", ["run", "channel"])
def test_sockets_refuse_hostile_names(subject: str, tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        found = {
            re.sub(r"\{.*", "", r.path)
            for r in routes(site.hub, site.access)
            if isinstance(r, WebSocketRoute)
        }
        assert found == {"/api/live/", "/api/follow/"}
        opening = {"run": site.live, "channel": site.follow}[subject]
        for name in (n for n in HOSTILE if not set(n) & set("/#?") and len(n) < 4000):
            text = quote(name, safe="%")
            for token in ("control.9.0", site.access.token(unquote(text), "control")):
                if "%2f" in text.lower():
                    continue  # another address, which is no socket
                async with opening(text, token=token) as browser:
                    code, sentence = await closing(browser)
                    assert code in (4401, 4404), name
                    assert sentence, name

    on_site(test, tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        b"GET /api/assets/0/\x00 HTTP/1.1",
        b"GET /api/assets/0/\xff\xfe HTTP/1.1",
        b"GET /api/runs/\r\nX: y HTTP/1.1",
        b"GET ../../etc/passwd HTTP/1.1",
        b"GET http://evil.example/api/health HTTP/1.1",
        b"GET /api/health HTTP/9.9",
        b"BREW /api/health HTTP/1.1",
        b"GET " + b"/" * 70_000 + b" HTTP/1.1",
    ],
)
def test_raw_bytes_do_not_break_the_server(line: bytes, tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        host, port = site.host.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(line + b"\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = await asyncio.wait_for(reader.read(), 20)
        writer.close()
        status, _, _ = await site.get("/api/health")

        assert b" 500 " not in answer[:20]
        assert b"root:x:0" not in answer
        assert status == 200

    on_site(test, tmp_path)


@pytest.mark.parametrize(
    "query",
    [
        "token=",
        "token=%00",
        "token=" + "a" * 5000,
        "token[]=1",
        "&&&",
        "token=é",
        "%ff=%ff",
        "from=",
    ],
)
def test_a_hostile_query_is_refused_in_words(query: str, tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        run = keep(site)
        for rest in ("history", "frames", "frames/3", "export.zip", "series.csv"):
            path = f"/api/runs/{run}/{rest}?{quote(query, safe='%=&[]')}"
            status, _, content = await site.get(path)

            assert (status, list(orjson.loads(content))) == (401, ["error"])

    on_site(test, tmp_path)
