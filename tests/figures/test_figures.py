"""Every figure, as data: complete, plain, and accepted by Plotly over the whole corpus."""

from __future__ import annotations

import inspect
import json
import re
from typing import Any

import plotly.graph_objects as go
import pytest

from rlviz import figures, i18n
from rlviz.errors import UnknownName
from rlviz.figures.resolve import resolve, summary, table
from rlviz.figures.theme import THEMES, theme
from rlviz.figures.transforms import text_width
from rlviz.signals import SIGNALS
from tests.figures.samples import STAGES, all_figures, corpus, curve, english, frame, learning, mark

CORPUS = corpus()
LIGHT = theme("light")
BOTH = CORPUS["both stages"]
EVERY = pytest.mark.parametrize("figure", all_figures(), ids=lambda f: f["name"])


def of(name: str) -> dict[str, Any]:
    return figures.figure(name, STAGES, english)


@EVERY
def test_a_figure_is_plain_data(figure: dict[str, Any]):
    assert json.loads(json.dumps(figure)) == figure


@EVERY
def test_a_figure_says_what_it_shows(figure: dict[str, Any]):
    for part in ("title", "short", "subtitle", "plots", "reading", "missing"):
        assert figure[part].strip(), part


@EVERY
def test_every_axis_is_titled_with_its_unit(figure: dict[str, Any]):
    layout = figure["layout"]

    assert re.search(r"\(.+\)", layout["xaxis"]["title"]["text"])
    assert re.search(r"\(.+\)", layout["yaxis"]["title"]["text"])


@EVERY
@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_title_of_an_upright_axis_is_no_longer_than_a_small_plot_is_high(
    figure: dict[str, Any], language: str
):
    say = i18n.translator(language)
    title = figures.figure(figure["name"], STAGES, say)["layout"]["yaxis"]["title"]["text"]

    assert text_width(title, 11) <= 170  # an estimate, which lies a third above what is drawn


@EVERY
def test_a_figure_names_no_colour_of_its_own(figure: dict[str, Any]):
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b|rgba?\(", json.dumps(figure))


@EVERY
def test_a_figure_needs_only_signals_that_are_declared(figure: dict[str, Any]):
    named = {name for names in figures.needs(figure).values() for name in names}

    assert named
    assert named <= set(SIGNALS)


@EVERY
def test_what_a_figure_needs_is_enough_to_draw_it(figure: dict[str, Any]):
    wanted = figures.needs(figure)
    only = {
        alias: {**f, "tensors": {n: f["tensors"][n] for n in wanted[alias]}}
        for alias, f in BOTH.items()
    }

    assert resolve(figure, only, LIGHT) == resolve(figure, BOTH, LIGHT)


@EVERY
@pytest.mark.parametrize("name", CORPUS)
def test_plotly_accepts_what_is_resolved(figure: dict[str, Any], name: str):
    found = resolve(figure, CORPUS[name], LIGHT)

    if "missing" in found:
        assert found["missing"].endswith(".")
    else:
        go.Figure(data=found["data"], layout=found["layout"])  # raises on what it does not know


@pytest.mark.parametrize("look", THEMES)
def test_plotly_accepts_the_template(look: str):
    assert go.Figure(layout={"template": theme(look)["template"]}).layout.template.layout.font.size


@EVERY
@pytest.mark.parametrize("name", CORPUS)
def test_words_and_table_exist_for_any_frame(figure: dict[str, Any], name: str):
    assert all(sentence.endswith(".") for sentence in summary(figure, CORPUS[name]))
    columns = len(table(figure, CORPUS[name])["columns"])
    assert {len(row) for row in table(figure, CORPUS[name])["rows"]} <= {columns}


@EVERY
def test_a_figure_can_be_named_before_there_are_stages(figure: dict[str, Any]):
    assert figures.figure(figure["name"], [], english)["title"] == figure["title"]


@pytest.mark.parametrize(
    "figure", [f for f in all_figures() if f["marks"]], ids=lambda figure: figure["name"]
)
def test_a_turned_knob_leaves_its_mark_where_an_axis_is_the_time(figure: dict[str, Any]):
    frames = {"sarsa": frame(learning(1, 50), marks=[mark(40)])}
    layout = resolve(figure, frames, LIGHT)["layout"]

    assert [s["x0"] for s in layout["shapes"] if s["xref"] == "x"] == [40]
    assert "α .5 → .1" in [a["text"] for a in layout["annotations"]]


def test_a_figure_function_is_forty_lines_at_most():
    long = {
        function.__qualname__: lines
        for function in figures.FIGURES.values()
        if (lines := len(inspect.getsource(function).splitlines())) > 40
    }

    assert long == {}


def test_an_unknown_figure_is_refused_with_the_nearest_name():
    with pytest.raises(UnknownName, match="Did you mean `td_error`"):
        figures.figure("td_eror", STAGES, english)


def test_words_are_said_in_the_readers_language():
    def shouted(text: str) -> str:
        return text.upper()

    figure = figures.figure("episode_return", STAGES, shouted)

    assert figure["title"] == "RETURN OF AN EPISODE"


# The first figure.


def test_both_exact_lines_are_drawn_and_named_with_their_values():
    found = resolve(of("episode_return"), BOTH, LIGHT)
    green = [t for t in found["data"] if t["line"].get("color") == LIGHT["truth"]]
    words = [a["text"] for a in found["layout"]["annotations"]]

    assert [round(t["y"][-1], 1) for t in green] == [-13.0, -50.8]
    assert {"optimal −13.0", "with ε −50.8"} <= set(words)


def test_the_first_terrible_episodes_do_not_squash_the_rest():
    means = [-5000.0] * 5 + [-30.0] * 95
    frames = {"sarsa": frame({"episode_return": curve(means)})}
    axis = resolve(of("episode_return"), frames, LIGHT)["layout"]["yaxis"]["autorangeoptions"]

    assert axis["minallowed"] > -100


def test_the_best_truth_line_is_in_the_picture():
    frames = {"q_learning": frame(learning(1, 100))}
    axis = resolve(of("episode_return"), frames, LIGHT)["layout"]["yaxis"]["autorangeoptions"]

    assert axis["maxallowed"] >= -13


def test_raw_lies_behind_and_smoothed_in_front():
    widths = [t["line"]["width"] for t in resolve(of("episode_return"), BOTH, LIGHT)["data"]]

    assert widths == [0, 0, 1, 1, 1.75, 1.75, 2, 2]  # bands, raw, exact, smoothed


# The others.


def test_each_estimate_is_named_with_the_truth_that_it_is_after():
    words = [a["text"] for a in resolve(of("truth_distance"), BOTH, LIGHT)["layout"]["annotations"]]

    assert set(words) == {"<b>Q-learning<br>to Q*</b>", "<b>SARSA<br>to best ε-soft Q</b>"}


def test_distance_is_measured_from_zero():
    axis = resolve(of("truth_distance"), BOTH, LIGHT)["layout"]["yaxis"]["autorangeoptions"]

    assert axis["minallowed"] == 0


def test_an_estimate_that_is_exactly_right_can_be_drawn_on_a_logarithmic_axis():
    frames = {"sarsa": frame({"truth_distance": curve([4.0, 1.0, 0.0], reach=0)})}
    layout = resolve(of("truth_distance_log"), frames, LIGHT)["layout"]

    assert layout["yaxis"]["autorangeoptions"]["minallowed"] == 0  # 10⁰ = 1, the least above 0


def test_errors_are_drawn_around_zero():
    layout = resolve(of("td_error"), BOTH, LIGHT)["layout"]
    axis = layout["yaxis"]["autorangeoptions"]

    assert axis["minallowed"] == -axis["maxallowed"]
    assert layout["shapes"][0]["y0"] == layout["shapes"][0]["y1"] == 0


def test_the_summary_says_the_numbers():
    frames = {"sarsa": frame({"td_error": curve([-1.0, -0.5], sd=2.0)})}

    assert summary(of("td_error"), frames) == [
        "SARSA: TD errors are now −0.50 on average (sd 2.00)."
    ]
