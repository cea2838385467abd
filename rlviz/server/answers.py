"""What our addresses answer: the headers that all of them carry, refusals in a sentence."""

from __future__ import annotations

import hashlib
import re

import orjson
from starlette.requests import Request
from starlette.responses import Response

FOREVER = "public, max-age=31536000, immutable"
MINE_FOREVER = "private, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
NEVER = "no-store"
SAFE = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}


def answer(
    content: bytes,
    media_type: str,
    headers: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    """An answer of ours; it may not be kept unless its headers say so."""
    together = {**SAFE, "cache-control": NEVER, **(headers or {})}
    return Response(content, status, headers=together, media_type=media_type or None)


def json(plain: dict[str, object], status: int = 200) -> Response:
    """An object as JSON."""
    return answer(orjson.dumps(plain), "application/json", status=status)


def refused(sentence: str, status: int = 404) -> Response:
    """No, and why not."""
    return json({"error": sentence}, status)


def tagged(request: Request, content: bytes, headers: dict[str, str]) -> Response:
    """Bytes with a tag of their content; only the tag for a browser that has them."""
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"etag": tag, **headers}
    if tag in request.headers.get("if-none-match", ""):
        return answer(b"", "", headers, 304)
    return answer(content, "application/octet-stream", headers)


def download(content: bytes, media_type: str, name: str) -> Response:
    """A file to be saved; of its name only letters, digits, dots, dashes and underscores stay."""
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-") or "rlviz"
    return answer(
        content, media_type, {"content-disposition": f'attachment; filename="{safe[:100]}"'}
    )
