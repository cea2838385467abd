"""The map of the stage, drawn anew: checked, sent to the runs, and kept to be undone."""

from __future__ import annotations

from rlviz import maps
from rlviz.errors import BadValue
from rlviz.hyperparameters import check_world
from rlviz.runs.spec import Edit, Keep
from rlviz.ui.session import Session
from rlviz.ui.values import Note

_MOST_MAPS = 100  # that can be undone


def edit(session: Session, drawn: object, keep: Keep, *, sent: bool = False) -> None:
    """The map of the stage was drawn anew; `sent` where the runs know it already."""
    if (declared := session.map) is None or not session.may_turn(declared.name):
        return
    of_world = session.catalogue.world(str(session.knobs["world"])).fields
    now = {name: session.knobs[name] for name in of_world}
    try:
        new = str(check_world(of_world, now | {declared.name: drawn})[declared.name])
    except BadValue as refused:
        session.refused = Note(refused.text, refused.values)
        return
    session.refused = None
    if (old := str(session.knobs[declared.name])) == new:
        return
    if session.runs and keep == "weights" and not maps.same_size(old, new):
        session.refused = Note(maps.OTHER_SIZE)
        return
    if session.drawn[-1:] == [new]:
        session.drawn.pop()
    else:
        session.drawn = [*session.drawn, old][-_MOST_MAPS:]
    session.knobs[declared.name], session.preset, session.notes = new, None, []
    if session.runs and not sent:
        for stage in session.lesson.stages:
            if not session.told(stage, Edit({declared.name: new}, keep)):
                return
    if session.runs:
        session.base[declared.name] = new
    session.write()
