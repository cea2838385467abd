"""A view paints once for each picture, and not when it has gone."""

from __future__ import annotations

from playwright.sync_api import Browser

from tests.ui.assets.harness import Harness

# Asks three times, lets two pictures go by, ends and asks again; another one ends while it waits.
PAINTED = """async () => {
  const { Repaint } = await import("/assets/repaint.js");
  const picture = () => new Promise((done) => requestAnimationFrame(done));
  let painted = 0;
  const repaint = new Repaint(() => (painted += 1));
  const counts = [];
  for (let i = 0; i < 3; i += 1) repaint.ask();
  counts.push(painted);
  await picture();
  await picture();
  counts.push(painted);
  repaint.end();
  repaint.ask();
  const waiting = new Repaint(() => (painted += 10));
  waiting.ask();
  waiting.end();
  await picture();
  await picture();
  return [...counts, painted];
}"""


def test_it_paints_once_for_each_picture_and_never_after_its_end(
    browser: Browser, harness: tuple[Harness, str]
) -> None:
    page = browser.new_page()
    page.goto(f"{harness[1]}/?views=")

    assert page.evaluate(PAINTED) == [0, 1, 1]
    page.close()
