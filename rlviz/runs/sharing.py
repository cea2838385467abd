"""Short links for long addresses, and channels on which a class follows one page."""

from __future__ import annotations

import hashlib
import secrets
import string
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from rlviz.errors import BadValue, NoSuchRun, NotAllowed
from rlviz.runs.cards import Entry
from rlviz.runs.client import Published
from rlviz.runs.spec import safe_run_id
from rlviz.runs.store import Store

LONGEST_ADDRESS = 64 * 1024  # bytes of all parameters
MOST_LINKS = 50_000  # of a server; the oldest are forgotten when it starts
MOST_CHANNELS = 8  # of one owner; the oldest is closed for a ninth
_WAIT = 5.0  # seconds in which the database must have taken a link
_ALPHABET = string.digits + string.ascii_lowercase
NO_CHANNEL = "This class is over: its page has been closed for good."


def new_id() -> str:
    """An id of a run, a channel or a sweep that nobody can guess."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(12))


def keep_link(store: Store, address: Mapping[str, str]) -> str:
    """The id under which this address can be had again: equal addresses have one id."""
    plain = checked_address(address)
    ordered = orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)
    number = int.from_bytes(hashlib.sha256(ordered).digest()[:10], "big")
    link = "".join(_ALPHABET[number // 36**i % 36] for i in range(12))
    if store.get("links", link) is None:
        store.put("links", Entry(link, "", time.time(), {"address": plain})).result(_WAIT)
    return link


def kept_link(store: Store, link: str) -> dict[str, str]:
    """The parameters of that id; empty where there is no such link."""
    entry = store.get("links", link) if safe_run_id(link) else None
    return _address(entry.plain) if entry else {}


def checked_address(address: Mapping[str, str]) -> dict[str, str]:
    """The parameters as texts; BadValue where they are more than an address can be."""
    plain = {str(name): str(value) for name, value in address.items()}
    size = sum(len(name.encode()) + len(value.encode()) for name, value in plain.items())
    if size > LONGEST_ADDRESS:
        raise BadValue(
            "An address must have at most {most} bytes, but has {size}.",
            most=LONGEST_ADDRESS,
            size=size,
        )
    return plain


@dataclass
class Channel:
    """What one page shows to those who follow it."""

    id: str
    owner: str
    created: float
    address: dict[str, str] = field(default_factory=dict)
    n: int = 0  # how often it has been published


class Channels:
    """All channels. For one thread at a time; `heard` is told of every publication."""

    def __init__(self, store: Store, heard: Callable[[Channel], None] = lambda _: None) -> None:
        self._store, self._heard = store, heard
        self._channels: dict[str, Channel] = {}

    def load(self) -> None:
        """Take up those that were kept; from any thread, before anything else is asked."""
        self._store.trim("links", MOST_LINKS)
        for entry in self._store.all("channels")[0]:
            n = entry.plain.get("n", 0)
            kept = Channel(entry.id, entry.owner, entry.created, _address(entry.plain), int(n))
            self._channels[entry.id] = kept

    def open(self, owner: str) -> str:
        """A new channel of that owner."""
        if not owner:
            raise NotAllowed("A channel needs an owner; allow cookies for this page and reload it.")
        own = sorted((c for c in self._channels.values() if c.owner == owner), key=_age)
        for old in own[: max(0, len(own) + 1 - MOST_CHANNELS)]:
            del self._channels[old.id]
            self._store.remove("channels", old.id)
        opened = Channel(new_id(), owner, time.time())
        self._keep(opened)
        return opened.id

    def publish(self, channel: str, owner: str, address: Mapping[str, str]) -> None:
        """What its page shows now; the same again is not said again."""
        found = self.find(channel)
        if not owner or found.owner != owner:
            raise NotAllowed("Only the browser that opened this channel may show something on it.")
        plain = checked_address(address)
        if found.n and plain == found.address:
            return
        found.address, found.n = plain, found.n + 1
        self._keep(found)
        self._heard(found)

    def published(self, channel: str) -> Published:
        """What it shows now; nothing where there is no such channel."""
        found = self._channels.get(channel)
        return Published(found.n, dict(found.address)) if found else Published(0, {})

    def find(self, channel: str) -> Channel:
        """The channel; NoSuchRun where there is none."""
        if channel not in self._channels:
            raise NoSuchRun(NO_CHANNEL)
        return self._channels[channel]

    def _keep(self, channel: Channel) -> None:
        self._channels[channel.id] = channel
        plain = {"address": channel.address, "n": channel.n}
        self._store.put("channels", Entry(channel.id, channel.owner, channel.created, plain))


def _address(plain: dict[str, Any]) -> dict[str, str]:
    found = plain.get("address")
    return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}


def _age(channel: Channel) -> float:
    return channel.created
