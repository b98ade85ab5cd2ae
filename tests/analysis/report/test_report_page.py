import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from menan.analysis.leakage.result import leakage_means
from menan.analysis.report.page import report_page
from menan.errors import InputError
from tests.analysis.report.report_example import example_runs, full_results, write_planes

HOSTILE = '<script>alert("1")</script>&\'$x$'


class Page(HTMLParser):
    """The page as a reader sees it: sections, rows of tables, attributes, text."""

    def __init__(self, html: str):
        super().__init__()
        self.sections: list[str] = []
        self.rows: dict[str, list[list[str]]] = {}
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = self.figures = ""
        self._cell = False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag == "section" and "id" in dict(attrs):
            self.sections.append(dict(attrs)["id"])
            self.rows[self.sections[-1]] = []
        elif tag == "tr":
            self.rows[self.sections[-1]].append([])
        elif tag in ("td", "th"):
            self.rows[self.sections[-1]][-1].append("")
            self._cell = True

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self._cell = False
            row = self.rows[self.sections[-1]][-1]
            row[-1] = " ".join(row[-1].split())

    def handle_data(self, data):
        self.text += data
        self.figures += data if self.tags[-1:] == ["text"] else ""
        if self._cell:
            self.rows[self.sections[-1]][-1][-1] += data

    def row(self, section: str, *start: str) -> list[str]:
        """The first row whose cells begin so; glyphs of systems left out."""
        for row in self.rows[section]:
            cells = [re.sub(r"^[●▲■◆▼✚✖⬟★] ", "", cell) for cell in row]
            if cells[: len(start)] == list(start):
                return cells
        raise AssertionError(f"no row {start} in {section}: {self.rows[section]}")


@pytest.fixture
def write(tmp_path):
    """Writes a report of results, by default with curves and planes; gives its HTML."""

    def write(results, runs=None, tsne=None) -> str:
        if runs is None:
            runs, tsne = example_runs(), write_planes(tmp_path / "tsne.tsv")
        (tmp_path / "report.html").write_text(report_page(results, runs, tsne))
        return (tmp_path / "report.html").read_text(encoding="utf-8")

    return write


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    """HTML of the report of ``full_results()``, with curves and planes."""
    planes = write_planes(tmp_path_factory.mktemp("usual") / "tsne.tsv")
    return report_page(full_results(), example_runs(), planes)


def two(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def test_every_section_of_the_full_schema_is_there_once_and_linked(usual):
    page = Page(usual)
    expected = [
        "overview",
        "findings",
        "configuration",
        "table2",
        "rules",
        "comparisons",
        "confusion",
    ]
    expected += ["speakers", "calibration", "curves", "leakage", "planes", "table3"]
    assert page.sections == expected
    assert {f"#{name}" for name in expected[1:]} <= {v for n, v in page.attributes if n == "href"}


def test_accuracy_stands_beside_the_papers(usual):
    menan = full_results().table2.systems["menan"]
    page = Page(usual)
    row = page.row("table2", "menan", "here")
    for place, accuracy in ((2, menan.wa), (5, menan.ua)):
        low, high = accuracy.interval
        assert row[place] == two(accuracy.val)
        assert row[place + 1] == f"{two(accuracy.test)} [{low:.1f}, {high:.1f}]"
        assert row[place + 2] == two(accuracy.delta)
    assert row[8:] == [two(menan.epoch_sd), "2", "4"]
    printed = ["58.50", "55.92", "−2.56", "59.94", "57.45", "−2.49"]
    assert page.row("table2", "menan", "paper")[2:8] == printed


def test_other_tables_hold_the_figures(usual):
    page, table = Page(usual), full_results().table2
    assert page.row("comparisons", "ec − menan")[1:] == ["UA", "−2.47", "0.062", "0.125", "< 0.001"]
    ua = table.rules["last"]["ec"].ua
    assert page.row("rules", "last")[1] == f"{two(ua.test)} ({two(ua.delta)})"
    best, chosen = (table.rules[rule]["ec"].ua.test for rule in ("oracle", "best-ua"))
    assert page.row("rules", "optimism of oracle")[1] == two(best - chosen)
    ec = table.systems["ec"]
    counts = [str(count) for count in ec.pooled.confusion[0]]
    assert page.row("confusion", "ang")[1:5] == counts
    speaker = ec.speakers["Ses02M"]
    assert page.row("speakers", "Ses02M", "500")[2] == f"{speaker.ua:.1f}"
    recall = [f"{value:.0f}" for value in speaker.recall[:3]]
    assert page.row("speakers", "Ses02M", *recall)[4] == "–"
    nll = table.systems["menan"].calibration.nll
    assert page.row("calibration", "menan")[1] == f"{nll:.3f}"
    assert page.row("table3", "menan")[1:6] == ["33.44", "28.55", "39.66", "30.77", "52.52"]
    assert page.row("table3", "always hap")[1] == "55.84"


def test_leakage_is_the_mean_over_seeds_and_names_the_strongest_probe(usual):
    results = full_results()
    (_, mean) = leakage_means(results.leakage)
    found = mean.sets["train"].embeddings.v
    page = Page(usual)
    row = page.row("leakage", "menan", "v")
    assert row[2:4] == [two(mean.ua), f"{results.table2.systems['menan'].adversary.accuracy:.1f}"]
    accuracies = [f"{100 * probe.accuracy:.1f}" for probe in found.probes.values()]
    assert [cell.split()[0] for cell in row[4:7]] == accuracies
    assert row[8] == f"{100 * found.best.selectivity:.1f}"


def test_a_bottleneck_and_the_mean_of_draws_are_rows_of_their_own(write):
    results = full_results()
    leakage = [
        *results.leakage[:-2],
        replace(results.leakage[-2], bottleneck="noise 1"),
        replace(results.leakage[-1], bottleneck="noise 1", draws=32),
    ]
    page = Page(write(replace(results, leakage=tuple(leakage))))
    for name in ("menan, noise 1", "menan, noise 1, mean of 32 draws"):
        assert page.row("leakage", name, "v")
    assert "menan, noise 1" in page.figures


def test_two_settings_of_one_objective_are_two_systems(write):
    systems = ("menan", "menan-lambda0.2")
    page = Page(write(full_results(systems=systems), example_runs(systems=systems)))
    for section, start in (("table2", "here"), ("leakage", "v")):
        assert page.row(section, "menan-lambda0.2", start)
    assert page.row("comparisons", "menan − menan-lambda0.2")


@pytest.mark.parametrize("count", [2, 8, 50])
def test_every_label_has_its_recall_and_row(write, tmp_path, count):
    emotions = tuple(f"emotion{number}" for number in range(count))
    planes = write_planes(tmp_path / "planes.tsv", emotions=emotions)
    page = Page(write(full_results(emotions=emotions), example_runs(), planes))
    assert all(page.row("confusion", emotion) for emotion in emotions)
    assert f"chance is {100 / count:.3g} % UA" in page.text


def test_planes_come_with_the_mixing_of_their_coordinates(usual):
    page = Page(usual)
    # Two blocks of twenty, far apart: 19 of 39 others share the speaker.
    assert page.row("planes", "speaker")[1:] == ["100.0", f"{100 * 19 / 39:.1f}"]
    assert "computed from the coordinates drawn here" in page.text


def test_curves_of_unequal_length_are_drawn_and_the_page_says_so(usual):
    assert "Trainings have 3 to 4 epochs" in usual
    # At epoch 4 one training is left, of loss 1.4 / 4 + 0.01.
    assert "emotion loss, nats over epochs; means at the end: ec 0.360, menan 0.360" in usual
    assert usual.count("ln 8") == 2


def test_a_hostile_name_is_text_wherever_it_comes(write, tmp_path):
    names, systems = (HOSTILE, "b"), (HOSTILE, "menan")
    planes = write_planes(tmp_path / "hostile.tsv", names, systems)
    results = full_results(names, corpus=HOSTILE, command=HOSTILE, systems=systems)
    results = replace(results, findings=(f"`{HOSTILE}` and {HOSTILE}",))
    html = write(results, example_runs(names, systems), planes)
    page = Page(html)
    assert "script" not in page.tags
    assert "<script" not in html
    for section in ("table2", "comparisons", "speakers", "leakage", "table3"):
        assert any(HOSTILE in cell for row in page.rows[section] for cell in row), section
    assert HOSTILE in "".join(page.figures.split("\n")).replace(" ", "")
    assert page.text.count(HOSTILE) > 30


def test_the_page_loads_nothing_from_outside(usual):
    page = Page(usual)
    for name, value in page.attributes:
        if name in ("src", "href", "xlink:href", "srcset", "data", "action"):
            assert value.startswith("#"), (name, value)
    assert all(target.startswith("#") for target in re.findall(r"url\(\s*['\"]?([^)]*)\)", usual))
    assert "@import" not in usual
    assert not {"script", "link", "img", "iframe"} & set(page.tags)


def test_ids_are_unique_and_every_figure_is_described(usual):
    page = Page(usual)
    ids = [value for name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    figures = page.tags.count("svg")
    # The picture's panels; six curves, held-out UA of two systems; two planes of two systems.
    assert figures == 2 + 6 + 2 + 4
    assert page.attributes.count(("role", "img")) == figures
    assert all(value for name, value in page.attributes if name == "aria-label")


def test_the_same_input_gives_the_same_bytes(write, usual):
    assert write(full_results()) == usual


def test_sections_without_figures_are_left_out(write):
    results = full_results()
    bare = replace(results, config={}, trained=None, table2=None, leakage=(), findings=())
    assert Page(write(bare, [])).sections == ["configuration", "table3"]


def test_one_system_alone_has_no_comparisons(write):
    results = full_results()
    table = replace(results.table2, comparisons=())
    sections = Page(write(replace(results, table2=table), [])).sections
    assert "comparisons" not in sections
    assert "table2" in sections


@pytest.mark.parametrize(("corpus", "said"), [("IEMOCAP's layout, generated", True), ("X", False)])
def test_generated_speech_is_called_so(write, corpus, said):
    assert ("This corpus is generated." in write(full_results(corpus=corpus))) is said


@pytest.mark.parametrize(
    "content", ["a\tb\n", "{head}\nec\tu\ts\tang\t1\n", "{head}\nec\tu\ts\tang\t1\t2\n"]
)
def test_coordinates_that_cannot_be_drawn_are_named(write, tmp_path, content):
    planes = tmp_path / "bad.tsv"
    planes.write_text(content.format(head="system\tutterance\tspeaker\temotion\tx\ty"))
    with pytest.raises(InputError, match=r"bad\.tsv.*run menan-tsne again"):
        write(full_results(), [], planes)
