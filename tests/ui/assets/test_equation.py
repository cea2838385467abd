"""Equations with numbers in their slots, spoken, captioned, and with the winner marked."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser

from rlviz.ops import td
from tests.ui.assets.conftest import Call

pytestmark = pytest.mark.browser

FRAME: dict[str, Any] = {
    "metadata": {},
    "tensors": {
        "q_sa": -3.1,
        "q_sa.now": -3.1,
        "alpha": 0.5,
        "gamma": 1,
        "reward": -100,
        "q_next": {"shape": [3], "data": [-13, -12.98, -14]},
        "q_new": -58.04,
        "action": 1,
        "td_error": {"shape": [7, 0], "data": []},
        "td_error.now": -109.88,
        "terminated": 0,
    },
}
SIGNALS = {
    "alpha": {"symbol": "α", "meaning": "step size", "role": "knob"},
    "gamma": {"symbol": "γ", "meaning": "discount", "role": "knob"},
    "reward": {"symbol": "r", "meaning": "reward", "role": "reward"},
    "q_sa": {"symbol": "Q(s,a)", "meaning": "value", "role": "value"},
}

TYPESET = """
async ([template, frame, signals]) => {
  const { typeset } = await import("/assets/equation.js");
  const { nodes, spoken } = typeset(template, frame, signals, {});
  const root = document.createElement("div");
  root.append(...nodes);
  const all = (selector) => [...root.querySelectorAll(selector)];
  return {
    spoken,
    numbers: all(".rv-number").map((node) => node.textContent),
    won: all("strong.rv-won").map((node) => node.textContent),
    roles: all(".rv-slot").map((node) => /rv-role-(\\w+)/.exec(node.className)[1]),
    symbols: all(".rv-symbol").map((node) => node.textContent),
  };
}
"""


@pytest.fixture(scope="module")
def typeset(browser: Browser, harness: Any) -> Any:
    """What stands on the page for a template and a frame."""
    page = browser.new_page()
    page.goto(f"{harness[1]}/?views=")
    return lambda template, frame: page.evaluate(TYPESET, [template, frame, SIGNALS])


def test_each_number_stands_over_its_symbol_in_the_order_of_the_template(typeset: Any) -> None:
    seen = typeset(td.Q_LEARNING_UPDATE, FRAME)

    assert seen["numbers"] == [
        *("−3.10", "0.50", "−100", "1.00"),
        *("−13.00", "−12.98", "−14.00"),
        *("−3.10", "−58.04"),
    ]
    assert seen["symbols"][:4] == ["Q(s,a)", "α", "r", "γ"]


def test_the_winner_of_max_is_marked_and_nothing_else(typeset: Any) -> None:
    assert typeset(td.Q_LEARNING_UPDATE, FRAME)["won"] == ["−12.98"]


def test_every_slot_has_the_underline_of_its_role(typeset: Any) -> None:
    expected = ["value", "knob", "reward", "knob", "value", "value", "result"]

    assert typeset(td.Q_LEARNING_UPDATE, FRAME)["roles"] == expected


def test_the_equation_is_spoken_as_one_sentence(typeset: Any) -> None:
    template = "Q(s,a) ← {q_sa} + {alpha}·({reward} − {q_sa}) = {q_new}"

    assert typeset(template, FRAME)["spoken"] == (
        "Q(s,a) becomes −3.10 + 0.50 times (−100 − −3.10) = −58.04"
    )


def test_a_dot_is_set_and_spoken_as_a_sum_of_products(typeset: Any) -> None:
    frame = {
        "metadata": {},
        "tensors": {
            "next_policy": {"shape": [2], "data": [0.75, 0.25]},
            "q_next": {"shape": [2], "data": [4, -2]},
            "q_new": 2.5,
        },
    }

    seen = typeset("V ← dot({next_policy}, {q_next}) = {q_new}", frame)

    assert seen["numbers"] == ["0.75", "0.25", "4.00", "−2.00", "2.50"]
    assert seen["spoken"] == "V becomes Σ(0.75, 0.25) times (4.00, −2.00) = 2.50"


def test_without_numbers_the_symbols_stand_in_their_places(typeset: Any) -> None:
    template = "Q(s,a) ← {q_sa} + {alpha}·{reward} = {q_sa}"

    assert typeset(template, None)["numbers"] == ["Q(s,a)", "α", "r", "Q(s,a)"]


@pytest.mark.parametrize(
    ("captions", "expected"),
    [
        ([["terminated", "arrived"], ["", "goes on"]], "goes on"),
        ([["reward<-50", "fell: {reward:.0f}"], ["", "goes on"]], "fell: −100"),
        ([["reward>-50", "walked"], ["", "δ = {td_error:+.2f}"]], "δ = −109.88"),
        ([["", "took {action}: {q_sa:.1f} to {q_new:.1f}"]], "took →: −3.1 to −58.0"),
        ([["terminated", "arrived"]], ""),
    ],
)
def test_the_first_caption_whose_condition_holds_is_shown(
    call: Call, captions: list[list[str]], expected: str
) -> None:
    assert call("equation.js", "caption", captions, FRAME, {}) == expected


def test_it_asks_for_the_newest_values_of_slots_and_conditions(call: Call) -> None:
    equation = {"template": "{q_sa} = {q_new}", "captions": [["reward<-50", "{action} {q_sa:.1f}"]]}

    needed = call("equation.js", "equationNeeds", equation)

    assert sorted(needed) == ["action.now", "q_new.now", "q_sa.now", "reward.now"]
