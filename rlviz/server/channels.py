"""Who follows which channel, and word to them when its page shows something else."""

from __future__ import annotations

from rlviz.runs.sharing import Channel, Channels
from rlviz.runs.store import Store
from rlviz.server import events
from rlviz.server.viewer import Viewer


class Followed(Channels):
    """The channels of a server, with their followers."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, self._tell)
        self._followers: dict[str, set[Viewer]] = {}

    def follow(self, channel: str) -> Viewer:
        """A new follower, who is told at once how often it was published; NoSuchRun for none."""
        found, viewer = self.find(channel), Viewer()
        self._followers.setdefault(channel, set()).add(viewer)
        if found.n:
            viewer.tell(events.published(found.n))
        return viewer

    def unfollow(self, channel: str, viewer: Viewer) -> None:
        """The browser is closed."""
        followers = self._followers.get(channel, set())
        followers.discard(viewer)
        if not followers:
            self._followers.pop(channel, None)

    def _tell(self, channel: Channel) -> None:
        for viewer in self._followers.get(channel.id, ()):
            viewer.tell(events.published(channel.n))
