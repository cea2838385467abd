"""Following a page: Python is asked until it shows what the server told of."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from tests.ui.assets.harness import Harness

# A follower with a socket that nobody answers and a clock that goes on by `pass` alone; it shows
# the first publication. The answer is what the acts return.
FOLLOWED = """async (acts) => {
  let now = 0;
  let asked = 0;
  const timers = [];
  window.setTimeout = (act, after) => timers.push({ act, at: now + after });
  window.clearTimeout = (number) => number && (timers[number - 1].act = null);
  let socket;
  window.WebSocket = class { constructor() { socket = this; } close() {} };
  const { Follower } = await import("/assets/follow.js");
  const follower = new Follower();
  const show = (n) => follower.update({ channel: "c", token: "t", n }, () => (asked += 1));
  const publish = (n) => socket.onmessage({ data: JSON.stringify({ type: "Published", n }) });
  const gone = () => socket.onclose({ code: 4404 });
  const pass = (time) => {
    const end = now + time;
    for (;;) {
      const due = timers.filter(({ act, at }) => act && at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      const { act } = due;
      [now, due.act] = [due.at, null];
      act();
    }
    now = end;
    return asked;
  };
  const known = { show, publish, gone, pass };
  show(1);
  return acts.map(([name, value]) => known[name](value));
}"""
Acts = Callable[..., list[int | None]]


@pytest.fixture
def follows(browser: Browser, harness: tuple[Harness, str]) -> Iterator[Acts]:
    """Does these acts one after the other; `pass` answers how often Python had been asked."""
    page = browser.new_page()
    page.goto(f"{harness[1]}/?views=")

    def done(*acts: tuple[str, int]) -> list[int | None]:
        answers: list[int | None] = page.evaluate(FOLLOWED, [list(act) for act in acts])
        return [answer for (name, _), answer in zip(acts, answers, strict=True) if name == "pass"]

    yield done
    page.close()


def test_what_is_shown_already_is_not_asked_for(follows: Acts) -> None:
    assert follows(("publish", 1), ("pass", 10_000)) == [0]


def test_it_asks_until_python_shows_it(follows: Acts) -> None:
    heard = ("publish", 2), ("pass", 500), ("pass", 3_000)

    assert follows(*heard, ("show", 2), ("pass", 10_000)) == [1, 2, 2]
    assert follows(*heard, ("pass", 3_000)) == [1, 2, 3]


def test_a_channel_that_is_gone_is_not_asked_about(follows: Acts) -> None:
    assert follows(("publish", 2), ("gone", 0), ("pass", 10_000)) == [0]
