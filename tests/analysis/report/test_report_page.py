import json
import re
import runpy
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from menan.analysis.report.page import report_page
from menan.errors import InputError

EXAMPLE = runpy.run_path(str(Path(__file__).with_name("report_example.py")))
full_results = EXAMPLE["full_results"]
HOSTILE = '<script>alert("1")</script>&\'$x$'


class Page(HTMLParser):
    """What a reader gets: sections, rows of tables, attributes, text."""

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
            cells = [re.sub(r"^[●▲■◆▼✚] ", "", cell) for cell in row]
            if cells[: len(start)] == list(start):
                return cells
        raise AssertionError(f"no row {start} in {section}: {self.rows[section]}")


@pytest.fixture
def write(tmp_path):
    """Writes a report of results, by default with curves and planes; gives its HTML."""

    def write(results, exp=None, tsne=None, name="report.html") -> str:
        if exp is None:
            exp = tmp_path / "exp"
            if not exp.exists():
                EXAMPLE["write_experiment"](exp)
            tsne = EXAMPLE["write_planes"](tmp_path / "tsne.tsv")
        (tmp_path / name).write_text(report_page(results, exp, tsne))
        return (tmp_path / name).read_text(encoding="utf-8")

    return write


def two(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def test_every_section_of_the_full_schema_is_there_once_and_linked(write):
    page = Page(write(full_results()))
    expected = ["findings", "configuration", "table2", "rules", "comparisons", "confusion"]
    expected += ["speakers", "calibration", "curves", "tradeoff", "leakage", "planes", "table3"]
    assert page.sections == expected
    assert {f"#{name}" for name in expected} <= {v for n, v in page.attributes if n == "href"}


def test_accuracy_stands_beside_the_papers(write):
    results = full_results()
    menan = results["table2"]["systems"]["menan"]
    page = Page(write(results))
    row = page.row("table2", "menan", "here")
    for place, measure in ((2, "wa"), (5, "ua")):
        figures = menan[measure]
        low, high = figures["interval"]
        assert row[place] == two(figures["val"])
        assert row[place + 1] == f"{two(figures['test'])} [{low:.1f}, {high:.1f}]"
        assert row[place + 2] == two(figures["delta"])
    assert row[8:] == [two(menan["epoch_sd"]), "2", "4"]
    assert page.row("table2", "paper")[1:7] == [
        "58.50",
        "55.92",
        "−2.56",
        "59.94",
        "57.45",
        "−2.49",
    ]


def test_other_tables_hold_the_numbers_of_the_json(write):
    results = full_results()
    page, table = Page(write(results)), results["table2"]
    assert page.row("comparisons", "ec − menan")[1:] == ["UA", "−2.47", "0.062", "0.125", "< 0.001"]
    ua = table["rules"]["last"]["ec"]["ua"]
    assert page.row("rules", "last")[1] == f"{two(ua['test'])} ({two(ua['delta'])})"
    confusion = table["systems"]["ec"]["pooled"]["confusion"][0]
    assert page.row("confusion", "ang")[1:5] == [str(count) for count in confusion]
    speaker = table["systems"]["ec"]["speakers"]["Ses02M"]
    recall = [f"{value:.0f}" for value in speaker["recall"][:3]]
    assert page.row("speakers", "Ses02M")[1:7] == ["500", f"{speaker['ua']:.1f}", *recall, "–"]
    nll = table["systems"]["menan"]["calibration"]["nll"]
    assert page.row("calibration", "menan")[1] == f"{nll:.3f}"
    assert page.row("table3", "menan")[1:6] == ["33.44", "28.55", "39.66", "30.77", "52.52"]
    assert page.row("table3", "always hap")[1] == "55.84"


def test_leakage_is_the_mean_over_seeds_and_names_the_strongest_probe(write):
    results = full_results()
    of_menan = [x for x in results["leakage"] if x["objective"] == "menan"]
    probes = [x["sets"]["train"]["embeddings"]["v"] for x in of_menan]
    means = {
        name: 100 * np.mean([probe[name]["accuracy"] for probe in probes])
        for name in ("linear", "mlp", "knn")
    }
    page = Page(write(results))
    row = page.row("leakage", "menan", "v")
    assert row[2] == f"{results['table2']['systems']['menan']['adversary']['accuracy']:.1f}"
    assert [cell.split()[0] for cell in row[3:6]] == [f"{mean:.1f}" for mean in means.values()]
    strongest = max(means, key=means.get)
    selectivity = 100 * np.mean([probe[strongest]["selectivity"] for probe in probes])
    assert row[7] == f"{selectivity:.1f}"
    labels = [value for name, value in page.attributes if name == "aria-label"]
    utility = next(label for label in labels if label.startswith("Utility against leakage"))
    assert f"menan at lambda 0.5: {max(means.values()):.1f} % speaker accuracy" in utility


def test_a_bottleneck_and_the_mean_of_draws_are_rows_and_marks_of_their_own(write):
    results = full_results()
    for leakage, draws in zip(results["leakage"][-2:], (1, 32), strict=True):
        leakage |= {"bottleneck": "noise 1", "draws": draws}
    page = Page(write(results))
    labels = " ".join(value for name, value in page.attributes if name == "aria-label")
    for name in ("menan, noise 1", "menan, noise 1, mean of 32 draws"):
        assert page.row("leakage", name, "v")
        assert f"{name} at lambda 0.5" in labels
        assert name in page.figures


def test_planes_come_with_the_mixing_of_their_coordinates(write):
    page = Page(write(full_results()))
    # Two blocks of twenty, far apart: 19 of 39 others share the speaker.
    assert page.row("planes", "speaker")[1:] == ["100.0", f"{100 * 19 / 39:.1f}"]
    assert "computed from the coordinates drawn here" in page.text


def test_curves_of_unequal_length_are_drawn_and_the_page_says_so(write):
    html = write(full_results())
    assert "Trainings have 3 to 4 epochs" in html
    # At epoch 4 one training is left, of loss 1.4 / 4 + 0.01.
    assert "emotion loss, nats over epochs; means at the end: ec 0.360, menan 0.360" in html
    assert html.count("ln 8") == 2


def test_a_hostile_name_is_text_wherever_it_comes(write, tmp_path):
    names, systems = (HOSTILE, "b"), (HOSTILE, "menan")
    exp = EXAMPLE["write_experiment"](tmp_path / "hostile", names, systems)
    planes = EXAMPLE["write_planes"](tmp_path / "hostile.tsv", names, systems)
    results = full_results(names, corpus=HOSTILE, command=HOSTILE)
    results["findings"] = [f"`{HOSTILE}` and {HOSTILE}"]
    text = json.dumps(results).replace('"ec"', json.dumps(HOSTILE))
    html = write(json.loads(text), exp, planes)
    page = Page(html)
    assert "script" not in page.tags
    assert "<script" not in html
    for section in ("table2", "comparisons", "speakers", "leakage", "table3"):
        assert any(HOSTILE in cell for row in page.rows[section] for cell in row), section
    assert HOSTILE in page.figures
    assert page.text.count(HOSTILE) > 30


def test_the_page_asks_for_nothing_outside_itself(write):
    html = write(full_results())
    page = Page(html)
    for name, value in page.attributes:
        if name in ("src", "href", "xlink:href", "srcset", "data", "action"):
            assert value.startswith("#"), (name, value)
    assert all(target.startswith("#") for target in re.findall(r"url\(\s*['\"]?([^)]*)\)", html))
    assert "@import" not in html
    assert not {"script", "link", "img", "iframe"} & set(page.tags)


def test_ids_are_unique_and_every_figure_is_described(write):
    page = Page(write(full_results()))
    ids = [value for name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    figures = page.tags.count("svg")
    # WA and UA; six curves, held-out UA of two systems; utility; two planes of two systems.
    assert figures == 2 + 6 + 2 + 1 + 4
    assert page.attributes.count(("role", "img")) == figures
    assert all(value for name, value in page.attributes if name == "aria-label")


def test_the_same_input_gives_the_same_bytes(write):
    assert write(full_results(), name="a.html") == write(full_results(), name="b.html")


def test_sections_without_figures_are_left_out(write, tmp_path):
    results = full_results()
    bare = {key: results[key] for key in ("code", "command", "corpus", "table3")}
    assert Page(write(bare, tmp_path / "none")).sections == ["configuration", "table3"]


def test_table_2_alone_without_intervals_speakers_and_calibration(write, tmp_path):
    results = full_results()
    for key in ("leakage", "table3", "findings"):
        del results[key]
    del results["table2"]["comparisons"]
    for system in results["table2"]["systems"].values():
        for key in ("speakers", "worst_speaker", "genders", "gender_gap", "calibration"):
            del system[key]
        for key in ("epoch_sd", "macro_f1", "adversary"):
            del system[key]
        for key in ("wa", "ua"):
            del system[key]["interval"], system["pooled"][f"{key}_interval"]
    html = write(results, tmp_path / "none")
    assert Page(html).sections == ["configuration", "table2", "rules", "confusion"]
    assert "bootstrap" not in html


@pytest.mark.parametrize(("corpus", "said"), [("IEMOCAP's layout, generated", True), ("X", False)])
def test_generated_speech_is_called_so(write, corpus, said):
    assert ("This corpus is generated." in write(full_results(corpus=corpus))) is said


def test_a_torn_log_is_named_and_no_page_is_left(write, tmp_path):
    exp = EXAMPLE["write_experiment"](tmp_path / "torn")
    log = exp / "ec_seed0/g1/log.jsonl"
    log.write_text(log.read_text()[:-30])
    with pytest.raises(InputError, match=r"ec_seed0/g1/log\.jsonl:4: .* resume it"):
        write(full_results(), exp)
    assert not (tmp_path / "report.html").exists()


@pytest.mark.parametrize(
    "content", ["a\tb\n", "{head}\nec\tu\ts\tang\t1\n", "{head}\nec\tu\ts\tang\t1\t2\n"]
)
def test_coordinates_that_cannot_be_drawn_are_named(write, tmp_path, content):
    planes = tmp_path / "bad.tsv"
    planes.write_text(content.format(head="system\tutterance\tspeaker\temotion\tx\ty"))
    with pytest.raises(InputError, match=r"bad\.tsv.*run menan-tsne again"):
        write(full_results(), tmp_path / "none", planes)
