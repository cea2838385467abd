"""What is checked of a change before a run is told of it."""

from __future__ import annotations

from rlviz import maps
from rlviz.catalogue import Catalogue
from rlviz.errors import BadValue
from rlviz.hyperparameters import Field, Value, check_world
from rlviz.runs.spec import Edit, Intervention, intervention_from_plain, intervention_to_plain
from rlviz.server.held import Held


def checked(run: Held, intervention: Intervention, known: Catalogue) -> Intervention:
    """The change as it will act; BadValue or UnknownName where the run can not bear it."""
    plain, spec = intervention_to_plain(intervention), run.spec
    change = intervention_from_plain(plain, spec.algorithm, spec.world, known, spec.replicas)
    if isinstance(change, Edit):
        _check_edit(run, change, known.world(spec.world).fields)
    return change


def _check_edit(run: Held, edit: Edit, known: dict[str, Field]) -> None:
    """BadValue where the world as it will be does not bear the change; `known` are its knobs.

    A worker would find out too, but only in the middle of the run, which then has failed.
    """
    before: dict[str, Value] = {name: field.default for name, field in known.items()}
    before |= run.spec.world_config
    acted = [at.intervention for at in run.spec.interventions]
    for change in (*acted, *run.pending.values()):
        before |= change.world if isinstance(change, Edit) else {}
    after = before | edit.world
    check_world(known, after)
    drawn = [name for name, field in known.items() if field.letters]
    if edit.keep != "nothing" and not all(
        maps.same_size(str(before[name]), str(after[name])) for name in drawn
    ):
        raise BadValue(maps.OTHER_SIZE)
