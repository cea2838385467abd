"""This tab's own address, and the channel on which it shows that address to those who follow it."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

import streamlit as st

from rlviz.errors import RlvizError
from rlviz.ui import engine, link

LANGUAGE, PROJECTOR = "rlviz.language", "rlviz.projector"
CHANNEL, _SHOWN = "rlviz.channel", "rlviz.shown"
PAGE = "page"  # of what a channel shows: the lesson
_OURS = ("lang", "view", "class", "watch")  # what a tab keeps for itself
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


def write(page: str, said: link.Link) -> None:
    """Write the whole address; only where it differs, because each write is a message."""
    whole = replace(
        said,
        language=st.session_state.get(LANGUAGE),
        projector=bool(st.session_state.get(PROJECTOR)),
        channel="" if said.watch else str(st.session_state.get(CHANNEL, "")),
    )
    if (wanted := link.write(whole)) != st.query_params.to_dict():
        st.query_params.from_dict(wanted)
    if whole.channel:
        _show({PAGE: page} | {name: v for name, v in wanted.items() if name not in _OURS})


def show(channel: str) -> None:
    """From now on, whatever this tab shows is shown on that channel too."""
    st.session_state[CHANNEL] = channel
    st.session_state.pop(_SHOWN, None)


def hide() -> None:
    """Those who follow are told that nothing is shown any more."""
    if CHANNEL in st.session_state:
        _publish({})
    st.session_state.pop(CHANNEL, None)


def origin() -> str:
    """Scheme, host and port by which this browser reaches the server."""
    seen = urlsplit(str(st.context.url or ""))
    return f"{seen.scheme}://{seen.netloc}" if seen.netloc else ""


def only_here() -> bool:
    """Whether no other machine can open an address of that origin."""
    host = urlsplit(origin()).netloc
    return (host.rpartition(":")[0] or host) in _LOOPBACK or host in _LOOPBACK


def _show(shown: dict[str, str]) -> None:
    if st.session_state.get(_SHOWN) == shown:
        return
    if _publish(shown):
        st.session_state[_SHOWN] = shown
    else:  # the channel is of another browser, or was closed long ago
        st.session_state.pop(CHANNEL, None)


def _publish(shown: dict[str, str]) -> bool:
    owner = engine.access().read_owner(st.context.cookies)
    try:
        engine.client().publish(str(st.session_state[CHANNEL]), owner or "", shown)
    except RlvizError:
        return False
    return True
