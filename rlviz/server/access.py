"""Who may do what: an owner in a signed cookie, and short-lived tokens for the live route.

Both are signed with HMAC-SHA256 under one secret, in a file that only its owner can read; the
first word of what is signed keeps a cookie from ever passing as a token.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Literal

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rlviz.errors import NotAllowed

Role = Literal["control", "watch"]

OWNER_COOKIE = "rlviz_owner"
TOKEN_SECONDS = 12 * 3600.0
_COOKIE_SECONDS = 365 * 24 * 3600
_SECRET_CHARACTERS = 64
_LONGEST = 200  # of a token or a cookie that is worth a look


class Access:
    """Signs and checks cookies and tokens; reads or makes its secret at the first use."""

    def __init__(
        self,
        secret_file: Path,
        *,
        seconds: float = TOKEN_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._secret_file, self._seconds, self._clock = secret_file, seconds, clock

    def owner_cookie(self) -> str:
        """The cookie of an owner who has not been here before."""
        owner = secrets.token_hex(12)
        return f"{owner}.{self._sign('owner', owner)}"

    def read_owner(self, cookies: Mapping[str, str]) -> str | None:
        """The owner that the cookie names; None where there is none or it is not ours."""
        owner, dot, signature = cookies.get(OWNER_COOKIE, "")[:_LONGEST].partition(".")
        return owner if dot and self._signed(signature, "owner", owner) else None

    def token(self, run: str, role: Role) -> str:
        """A token with which a browser may open the live route of that run."""
        expiry = str(int(self._clock() + self._seconds))
        return f"{role}.{expiry}.{self._sign('token', run, role, expiry)}"

    def check(self, token: str, run: str) -> Role:
        """What the token allows; NotAllowed where it is forged, expired or of another run."""
        parts = token[:_LONGEST].split(".")
        if len(parts) != 3 or not self._signed(parts[2], "token", run, parts[0], parts[1]):
            raise NotAllowed("The token of this page is not valid for this run; reload the page.")
        if float(parts[1]) < self._clock():
            raise NotAllowed("The token of this page has expired; reload the page.")
        return "control" if parts[0] == "control" else "watch"

    def _sign(self, *parts: str) -> str:
        text = "|".join(parts).encode("utf-8", "replace")
        return hmac.new(self._secret, text, hashlib.sha256).hexdigest()

    def _signed(self, signature: str, *parts: str) -> bool:
        given = signature.encode("utf-8", "replace")
        return hmac.compare_digest(given, self._sign(*parts).encode())

    @cached_property
    def _secret(self) -> bytes:
        kept = _read_secret(self._secret_file)
        if kept is None:
            _write_secret(self._secret_file)
            # Read again: of two servers that start at once, both then use the file's.
            kept = _read_secret(self._secret_file)
        if kept is None:
            raise NotAllowed(f"{self._secret_file} must be readable by its owner only (mode 600).")
        return kept


class OwnerCookie:
    """ASGI middleware: the first HTML page that a browser gets sets its signed owner cookie."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; add the cookie where it is missing or forged."""
        if scope["type"] != "http" or self._access.read_owner(_cookies(scope)) is not None:
            await self._app(scope, receive, send)
            return

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    headers.append("set-cookie", self._set_cookie(scope["scheme"] == "https"))
            await send(message)

        await self._app(scope, receive, send_with_cookie)

    def _set_cookie(self, secure: bool) -> str:
        value = self._access.owner_cookie()
        tail = "; Secure" if secure else ""
        return (
            f"{OWNER_COOKIE}={value}; Path=/; Max-Age={_COOKIE_SECONDS}; "
            f"HttpOnly; SameSite=Lax{tail}"
        )


def _cookies(scope: Scope) -> dict[str, str]:
    try:
        jar = SimpleCookie(Headers(scope=scope).get("cookie", ""))
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in jar.items()}


def _read_secret(file: Path) -> bytes | None:
    """The secret, unless it is missing, torn, or others could have read it."""
    try:
        # Windows has no such mode bits; there the user's profile folder is what protects it.
        if os.name == "posix" and file.stat().st_mode & 0o077:
            return None
        text = file.read_text("ascii").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    return text.encode() if len(text) == _SECRET_CHARACTERS else None


def _write_secret(file: Path) -> None:
    part = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as out:
        out.write(secrets.token_hex(_SECRET_CHARACTERS // 2))
    part.replace(file)
