"""The first screen of the page, a phone's width, and paper, as a reader's browser shows them."""

from dataclasses import replace

import pytest

from menan.analysis.report.page import report_page
from tests.analysis.report.attack_example import example_attack
from tests.analysis.report.report_example import example_runs, full_results

SCREENS = {"desktop": (1280, 800), "phone": (390, 844)}
PAPER = 718  # pixels: A4 without the browser's margins
TEN = (
    *("ec", "mtl", "dat", "menan", "uniform", "menan-lambda0.2", "menan-lambda0.25", "toy"),
    *("dat-lambda0.75-sc_steps5", "menan-lambda0.9"),
)
SPEAKERS = tuple(f"Actor_{number:02d}" for number in range(24))
EIGHT = ("angry", "calm", "disgust", "fearful", "happy", "neutral", "sad", "surprised")
FIFTY = tuple(f"emotion{number:02d}" for number in range(50))
GENERATED = "IEMOCAP's layout, generated speech, seed 0"
REPORTS = {
    "one": full_results(systems=("menan",)),
    "ten": full_results(corpus="RAVDESS", systems=TEN),
    "generated": full_results(corpus=GENERATED, systems=TEN[:4]),
    "unprobed": replace(full_results(), leakage=()),
    "attacked": replace(
        full_results(SPEAKERS, systems=TEN[:4], emotions=EIGHT),
        attacks=(example_attack(), example_attack("uniform", "noise 2", "b")),
    ),
    "fifty": full_results(SPEAKERS, systems=TEN[:2], emotions=FIFTY),
}


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Addresses of the pages of all reports."""
    directory = tmp_path_factory.mktemp("pages")
    for name, results in REPORTS.items():
        systems = tuple(results.table2.systems)
        page = report_page(results, example_runs(systems=systems), None)
        (directory / f"{name}.html").write_text(page, encoding="utf-8")
    return {name: (directory / f"{name}.html").as_uri() for name in REPORTS}


@pytest.fixture
def show(browser, pages):
    """Loads a page on a screen of some size, or as it is printed."""

    def show(name: str, width: int, height: int, medium: str = "screen", scheme: str = "light"):
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        looks = {"media": medium, "features": features}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", looks)
        browser.get(pages[name])
        return browser

    return show


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("name", REPORTS)
def test_the_first_screen_has_the_whole_picture_and_no_table(show, name, screen):
    width, height = SCREENS[screen]
    tops, bottoms, table = show(name, width, height).execute_script(
        "const boxes = [...document.querySelectorAll('#overview svg')]"
        ".map(e => e.getBoundingClientRect());"
        "return [boxes.map(b => b.top), boxes.map(b => b.bottom),"
        " document.querySelector('table').getBoundingClientRect().top]"
    )
    assert len(tops) == (1 if name == "unprobed" else 2)
    assert min(tops) >= 0
    assert max(bottoms) <= height
    assert table > max(bottoms)


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("name", REPORTS)
def test_every_panel_names_every_system_and_its_figure(show, name, screen):
    panels = show(name, *SCREENS[screen]).execute_script(
        "return [...document.querySelectorAll('#overview svg')].map(e =>"
        " [[...e.querySelectorAll('text')].map(t => t.textContent.trim()), e.ariaLabel])"
    )
    for texts, described in panels:
        written = "".join("".join(texts).split())
        for system, own in REPORTS[name].table2.systems.items():
            assert system in written
            assert f"{system}: " in described
            assert f"{own.ua.test:.1f}" in panels[0][0]
            assert f"{system}: {own.ua.test:.1f} (" in panels[0][1]


@pytest.mark.parametrize("width", [360, 390])
@pytest.mark.parametrize("name", REPORTS)
def test_the_page_does_not_scroll_sideways_on_a_phone(show, name, width):
    browser = show(name, width, 844)
    browser.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")
    page, window, smallest = browser.execute_script(
        "return [document.documentElement.scrollWidth, window.innerWidth,"
        " Math.min(...[...document.querySelectorAll('p, li, td, th, figcaption, small, a')]"
        ".map(e => parseFloat(getComputedStyle(e).fontSize)))]"
    )
    assert page <= window == width
    assert smallest >= 12


@pytest.mark.parametrize("name", REPORTS)
def test_nothing_is_clipped_on_paper(show, name):
    page, beyond = show(name, PAPER, 1000, "print").execute_script(
        "const tables = [...document.querySelectorAll('table, svg')]"
        ".map(e => e.getBoundingClientRect()).filter(b => b.width);"
        "return [document.documentElement.scrollWidth, Math.max(...tables.map(b => b.right))]"
    )
    assert page <= PAPER
    assert beyond <= PAPER


def test_paper_is_white_and_pages_part_no_table_or_figure(show):
    browser = show("ten", PAPER, 1000, "print", "dark")
    paper, colours, parted, menu = browser.execute_script(
        "const style = e => getComputedStyle(e);"
        "return [style(document.body).backgroundColor,"
        " [...document.querySelectorAll('h1, h2, .lead, td, svg text')]"
        ".map(e => e.matches('text') ? style(e).fill : style(e).color),"
        " [...document.querySelectorAll('table, figure')]"
        ".filter(e => style(e).breakInside != 'avoid').length,"
        " style(document.querySelector('nav')).display]"
    )
    assert paper == "rgb(255, 255, 255)"
    assert set(colours) <= {"rgb(0, 0, 0)", "rgb(51, 51, 51)"}
    assert parted == 0
    assert menu == "none"


def test_without_probes_the_page_says_that_the_speaker_was_not_measured(show):
    text = show("unprobed", 390, 844).execute_script("return document.body.innerText")
    assert "How much of the speaker is left was not measured" in text
