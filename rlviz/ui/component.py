"""The one component that draws live data, and what it is given.

A page mounts it for the board and for the transport bar. The script itself comes from our own
hashed address; what Streamlit carries is three lines that import it. Frames reach it by its own
websocket, so nothing here runs for a frame.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import streamlit as st

from rlviz import figures, i18n
from rlviz.catalogue import AlgorithmEntry, Catalogue
from rlviz.figures import theme
from rlviz.i18n import Say
from rlviz.lessons import Lesson, Stage
from rlviz.signals import SIGNALS
from rlviz.ui import engine
from rlviz.ui.past import PARENT

SPEEDS = [1, 2, 5, 20, 100, 1000, None]
_TRUTHS = ("truth_", "q_optimal", "q_soft_optimal", "optimal_")


def mount(
    view: str, data: dict[str, Any], *, key: str, on_command: Callable[[], None] | None = None
) -> None:
    """Show one view of the component; `on_command` runs when it wants something of Python."""
    component = _registered(engine.asset_url("live.js"))
    heard = {"on_command_change": on_command} if on_command else {}
    component(key=key, data={"view": view, **data}, **heard)


def look(language: str, *, projector: bool) -> dict[str, Any]:
    """What every view is given: language, words, colours and where our files are."""
    names = ("projector", "projector-dark") if projector else ("light", "dark")
    return {
        "language": language,
        "texts": i18n.catalogue(language),
        "projector": projector,
        "palette": {"light": theme.theme(names[0]), "dark": theme.theme(names[1])},
        "plotly": engine.asset_url("plotly.min.js"),
        "style": engine.asset_url("live.css"),
    }


def stage(
    lesson: Lesson, declared: Stage, entry: AlgorithmEntry, say: Say, **run: Any
) -> dict[str, Any]:
    """One stage: what runs, its colours, its equations, its source and its stored first frame."""
    stored = f"/api/first/{lesson.name}.{declared.alias}"
    return {
        "alias": declared.alias,
        "title": title(declared, entry, say),
        "family": entry.family,
        "member": _member(declared, entry),
        "badge": _badge(entry, say),
        "age": say(entry.age_of_data) if entry.age_of_data else "",
        "picture": _picture(declared),
        "first_frame": stored,
        "first_static": f"{stored}.static",
        "equations": [
            {
                "beat": equation.beat,
                "template": equation.template,
                "source_line": equation.source_line,
                "captions": [[when, say(sentence)] for when, sentence in equation.captions],
            }
            for equation in entry.equations
        ],
        "source": entry.source.splitlines(),
        **run,
    }


def title(declared: Stage, entry: AlgorithmEntry, say: Say) -> str:
    """What a stage is called on screen."""
    title = say(declared.title or entry.title)
    forked = declared.alias.endswith(PARENT)
    return say("{title} (parent)", title=title) if forked else title


def pictures(lesson: Lesson, catalogue: Catalogue, say: Say) -> dict[str, Any]:
    """The lesson's figures as data, and the slots in which they stand.

    A picture that stands in the place of a stage's grid is a figure of that stage alone.
    """
    styles = [_style(declared, catalogue, say) for declared in lesson.stages]
    drawn = [figures.figure(name, styles, say) for slot in lesson.figures for name in slot]
    for declared, style in zip(lesson.stages, styles, strict=True):
        if declared.picture:
            picture = figures.figure(declared.picture, [style], say)
            drawn.append(picture | {"name": _picture(declared)})
    return {"figures": drawn, "slots": [list(slot) for slot in lesson.figures]}


def _style(declared: Stage, catalogue: Catalogue, say: Say) -> figures.StageStyle:
    entry = catalogue.algorithm(declared.algorithm)
    member, (truth, *_) = _member(declared, entry), (*entry.truth.values(), "truth_q")
    name = title(declared, entry, say)
    parent = declared.alias.endswith(PARENT)
    return figures.StageStyle(
        declared.alias, name, entry.family, member, truth, parent, entry.env_steps
    )


def _member(declared: Stage, entry: AlgorithmEntry) -> int:
    return entry.member if declared.member is None else declared.member


def _badge(entry: AlgorithmEntry, say: Say) -> str:
    """Whether it learns about the policy that it follows; "" where none is followed."""
    if entry.on_policy is None:
        return ""
    return say("on-policy") if entry.on_policy else say("off-policy")


def _picture(declared: Stage) -> str:
    """The name of the figure in the place of its grid, which is no other stage's."""
    return f"{declared.picture}-{declared.alias}" if declared.picture else ""


def glossary(knobs: set[str], say: Say) -> dict[str, dict[str, str]]:
    """Every signal's symbol and meaning, and its role in an equation."""
    return {
        name: {
            "symbol": declared.symbol,
            "meaning": say(declared.meaning),
            "role": _role(name, knobs),
        }
        for name, declared in SIGNALS.items()
    }


def predict(lesson: Lesson, say: Say) -> dict[str, Any] | None:
    """The question before the first Play, in the language of the page."""
    if lesson.predict is None:
        return None
    said = {key: [say(text) for text in lesson.predict[key]] for key in ("choices", "explanations")}
    return {**lesson.predict, **said, "question": say(lesson.predict["question"])}


def _role(name: str, knobs: set[str]) -> str:
    if name in knobs:
        return "knob"
    return "reward" if name == "reward" else "truth" if name.startswith(_TRUTHS) else "value"


@lru_cache
def _registered(url: str) -> Any:
    # Several lines on purpose: Streamlit takes a single line for a path.
    loader = f'const m = await import(location.origin + "{url}");\nexport default m.default;\n'
    return st.components.v2.component("rlviz_live", js=loader, isolate_styles=False)
