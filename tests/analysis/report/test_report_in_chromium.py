"""The report as a reader's browser shows it."""

import json

import pytest

from menan.analysis.report.page import report_page
from tests.analysis.report.report_example import example_runs, full_results, write_planes

PHONE = 380  # pixels


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The page's address, and the results it shows."""
    directory = tmp_path_factory.mktemp("report")
    # Many speakers of long names, as wide as a table gets.
    speakers = tuple(f"a-speaker-of-a-very-long-name-{number:02d}" for number in range(24))
    results = full_results(speakers, corpus="X" * 80, command="./run.sh " + "x" * 300)
    planes = write_planes(directory / "tsne.tsv")
    (directory / "report.html").write_text(report_page(results, example_runs(), planes))
    return (directory / "report.html").as_uri(), results


@pytest.fixture
def show(browser, report):
    """Loads the page anew on a screen of some width, in a colour scheme."""

    def show(width: int = 1180, scheme: str = "light"):
        screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width == PHONE}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        feature = {"name": "prefers-color-scheme", "value": scheme}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
        browser.get(report[0])
        return browser

    return show


def test_no_error_is_logged_and_nothing_else_is_loaded(browser, show, report):
    browser.get("about:blank")
    browser.get_log("performance")  # what the browser's own first page asked for
    show()
    assert browser.get_log("browser") == []
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = {
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    }
    assert asked == {report[0]}


@pytest.mark.parametrize("width", [1180, PHONE])
def test_every_figure_has_a_size(show, width):
    sizes = show(width).execute_script(
        "return [...document.querySelectorAll('svg, img')].map(e => {"
        " const r = e.getBoundingClientRect(); return [r.width, r.height]; })"
    )
    assert len(sizes) == 14
    assert all(across > 200 and down > 60 for across, down in sizes)


def test_cells_show_the_figures(show, report):
    rows = show().execute_script(
        "return [...document.querySelectorAll('#table2 tbody tr')]"
        ".map(r => [...r.querySelectorAll('th, td')].map(c => c.innerText.trim()))"
    )
    shown = next(row for row in rows if row[0].endswith("menan") and row[1] == "here")
    menan = report[1].table2.systems["menan"]
    for place, accuracy in ((2, menan.wa), (5, menan.ua)):
        assert shown[place] == f"{accuracy.val:.2f}"
        assert shown[place + 1].split()[0] == f"{accuracy.test:.2f}"
        assert shown[place + 2].replace("−", "-") == f"{accuracy.delta:.2f}"


def test_on_a_phone_tables_scroll_and_the_page_does_not(show):
    browser = show(PHONE)
    browser.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")
    page, window = browser.execute_script(
        "return [document.documentElement.scrollWidth, window.innerWidth]"
    )
    assert page <= window == PHONE
    wider = browser.execute_script(
        "return [...document.querySelectorAll('.scroll')]"
        ".filter(e => e.scrollWidth > e.clientWidth).length"
    )
    assert wider > 3


@pytest.mark.parametrize("width", [1180, PHONE])
def test_text_in_figures_can_be_read(show, width):
    heights = show(width).execute_script(
        "return [...document.querySelectorAll('svg text')]"
        ".map(e => parseFloat(getComputedStyle(e).fontSize) * e.getScreenCTM().d)"
        ".filter(h => h > 0)"  # turned text has no height in this sense
    )
    assert min(heights) > 9


@pytest.mark.parametrize(("scheme", "light"), [("light", True), ("dark", False)])
def test_page_and_figures_follow_the_colour_scheme(show, scheme, light):
    paper, inks = show(scheme=scheme).execute_script(
        "const light = colour => colour.match(/[0-9.]+/g).slice(0, 3)"
        ".reduce((sum, part) => sum + Number(part), 0) / 765;"
        "return [light(getComputedStyle(document.body).backgroundColor),"
        " [...document.querySelectorAll('svg text')].map(e => light(getComputedStyle(e).fill))]"
    )
    assert (paper > 0.9) if light else (paper < 0.15)
    assert min(abs(paper - ink) for ink in inks) > 0.4
