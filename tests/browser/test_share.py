"""Links, short ones, and a page that is followed, clicked through in Chromium in both languages."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

import pytest
import segno
from playwright.sync_api import Browser, Page, expect

from rlviz import i18n
from tests.browser.visits import LANGUAGES, PATIENCE, Visit, visit
from tests.serving import Server

pytestmark = pytest.mark.browser
# What the figures show of what was learned.
LEARNED = """() => JSON.stringify(Object.entries(window.__rlviz.figures).map(([name, figure]) =>
  [name, (figure.data ?? []).map(({ x, y }) => [x ?? [], y ?? []].map((of) => Array.from(of)))]))"""


def share(page: Page) -> None:
    page.locator(".st-key-share").get_by_role("button").first.click()
    page.locator(".st-key-share-body").wait_for(timeout=PATIENCE)


def address(page: Page) -> str:
    """What the open popover offers, once it is there."""
    code = page.locator(".st-key-share-body [data-testid=stCode] code").first
    expect(code).to_have_text(re.compile("^http"), timeout=PATIENCE)
    return code.inner_text()


def path(opened: Visit, whole: str) -> str:
    """The part of an address behind the origin, which it must have."""
    assert whole.startswith(opened.origin)
    return whole.removeprefix(opened.origin)


def drawn(page: Page) -> str:
    """The path of the QR code."""
    lines = page.locator(".st-key-share-code svg path.qrline")
    lines.wait_for(state="attached", timeout=PATIENCE)
    return str(lines.get_attribute("d"))


def code_of(text: str) -> str:
    """The path that segno draws for a text."""
    plain = segno.make(text, error="l", micro=False).svg_inline(border=3, dark="#000", light="#fff")
    found = re.search(r'class="qrline"[^>]* d="([^"]+)"', plain)
    return found[1] if found else ""


def runs(opened: Visit) -> list[str]:
    return [run["run"] for run in opened.state().values()]


def shows(page: Page, words: str) -> None:
    expect(page.locator(".st-key-share-body")).to_contain_text(words, timeout=PATIENCE)


def test_a_link_shows_the_same_numbers_at_the_same_iteration(
    browser: Browser, server: Server, language: str
) -> None:
    say = i18n.translator(language)
    with visit(browser, server.url, "/control?k.slip=0.1", language=language) as first:
        first.play()
        first.nudge("epsilon")
        first.wait("Object.values(r.runs).every(run => run.marks.length === 1)")
        first.pause()
        first.page.get_by_test_id("step").click()  # a pause may be in the midst of an iteration
        first.wait("Object.values(r.runs).every(run => run.beat === 0)")
        first.stand()
        share(first.page)
        shows(first.page, say("Whoever opens it gets runs of their own, which …"))
        whole = address(first.page)
        at = [run["iteration"] for run in first.state().values()]
        assert drawn(first.page) == code_of(whole)
        assert dict(parse_qsl(urlsplit(whole).query))["at"] in {
            ",".join(map(str, at)),
            str(at[0]),
        }
        with visit(browser, server.url, path(first, whole), language=language) as again:
            again.wait(
                "Object.values(r.runs).every((run, n) =>"
                " run.status === 'paused' && run.settled && run.iteration === argument[n])",
                at,
            )
            expected = first.page.evaluate(LEARNED)
            script = f"(expected) => ({LEARNED})() === expected"
            again.page.wait_for_function(script, arg=expected, timeout=PATIENCE)

            assert not set(runs(first)) & set(runs(again))
            assert again.errors == []


def test_a_class_follows_start_knob_reset_and_experiment(
    browser: Browser, server: Server, language: str
) -> None:
    say, other = i18n.translator(language), LANGUAGES[1 - LANGUAGES.index(language)]
    with visit(browser, server.url, "/control", language=language) as teacher:
        share(teacher.page)
        body = teacher.page.locator(".st-key-share-body")
        body.get_by_text(say("Follow me live")).click()
        body.get_by_role("button", name=say("Show this page to others")).click()
        whole = address(teacher.page)
        teacher.page.keyboard.press("Escape")
        with visit(browser, server.url, path(teacher, whole), language=other) as pupil:
            page, theirs = pupil.page, i18n.translator(other)
            expect(page.locator(".st-key-lesson-notes")).to_contain_text(
                theirs("You follow a page that somebody shows, which starts its own runs.")
            )
            expect(page.get_by_test_id("play")).to_be_disabled()

            teacher.play()
            follows(pupil, runs(teacher))

            teacher.nudge("epsilon")
            page.wait_for_function(
                "document.querySelector('.st-key-knob-epsilon input').value === '0.09'",
                timeout=PATIENCE,
            )
            expect(page.locator(".st-key-knob-epsilon input").first).to_be_disabled()

            before = runs(teacher)
            teacher.page.get_by_test_id("reset").click()
            teacher.wait(
                "Object.values(r.runs).every(x => x.run && !argument.includes(x.run))", before
            )
            follows(pupil, runs(teacher))

            teacher.page.locator(".st-key-scenes").get_by_text(say("Against the wind")).click()
            pupil.wait("'windy_sarsa' in r.runs")

            page.locator(".st-key-own-run").get_by_role("button").click()
            page.wait_for_function("!location.search.includes('watch')", timeout=PATIENCE)
            page.get_by_test_id("play").click()
            pupil.wait("r.runs.windy_sarsa?.frames > 2 && r.runs.windy_sarsa.iteration > 0")
            teacher.wait("r.runs.windy_sarsa?.run === null")
            assert pupil.errors == []
            assert teacher.errors == []


def follows(pupil: Visit, expected: list[str]) -> None:
    """Until the pupil's page shows these runs."""
    pupil.wait("String(Object.values(r.runs).map((x) => x.run)) === argument", ",".join(expected))


def test_a_short_link_opens_the_board_as_it_was_shown(browser: Browser, server: Server) -> None:
    with visit(browser, server.url, "/control") as first:
        first.page.get_by_test_id("face-gap").locator("..").click()
        share(first.page)
        first.page.locator(".st-key-share-short").get_by_text("Short").click()
        first.page.wait_for_function(
            "document.querySelector('.st-key-share-body [data-testid=stCode] code')"
            ".innerText.includes('s=')",
            timeout=PATIENCE,
        )
        whole = address(first.page)
        with visit(browser, server.url, path(first, whole)) as again:
            again.wait("Object.values(r.runs).some(run => run.frames > 2)")

            assert "s=" in whole
            assert again.page.get_by_test_id("face-gap").is_checked()
            assert "s=" not in again.page.url


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_a_hidden_knob_is_not_there_and_a_locked_one_is_still(
    browser: Browser, server: Server, size: str
) -> None:
    with visit(browser, server.url, "/control?hide=gamma&lock=epsilon", size=size) as opened:
        page = opened.page
        knob = page.locator(".st-key-handy" if size == "phone" else ".st-key-knob-epsilon")

        expect(knob.locator("input").first).to_be_disabled(timeout=PATIENCE)
        expect(page.locator(".st-key-knob-gamma")).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_sweep_begins_where_the_knobs_of_a_stage_stand(
    browser: Browser, server: Server, language: str
) -> None:
    with visit(browser, server.url, f"/control?v=1&lang={language}&k.gamma=0.9") as opened:
        share(opened.page)
        body = opened.page.locator(".st-key-share-body")
        body.get_by_role("link", name="SARSA", exact=True).click()
        opened.page.wait_for_url(re.compile(r"/sweep\?.*\bsarsa\b"), timeout=PATIENCE)

        # What was turned in the lesson stands among the knobs that are not swept.
        fixed = opened.page.get_by_test_id("stMain").get_by_placeholder("name=value")
        expect(fixed).to_have_value(re.compile(r"\bgamma=0\.9\b"), timeout=PATIENCE)
