"""The picture at the top of a report says how good each system is and how much speaker is left."""

import re
from dataclasses import replace

import pytest

from menan.analysis.leakage.result import leakage_means
from menan.analysis.looks import system_looks
from menan.analysis.report.markdown import report_markdown
from menan.analysis.report.overview import overview_rows, reported_systems
from menan.analysis.report.overview_captions import overview_of
from menan.analysis.report.overview_chart import overview_charts, overview_image
from menan.analysis.report.overview_sentences import NOT_MEASURED
from menan.analysis.results import Comparison, Results
from tests.analysis.report.attack_example import example_attack
from tests.analysis.report.report_example import full_results

TEN = ("ec", "mtl", "dat", "menan", "uniform", *(f"menan-lambda0.{n}" for n in range(1, 6)))


def named(figure: float) -> str:
    return f"{figure:.1f}"


def attacked(*attacks) -> Results:
    nothing = {"trained": None, "table2": None, "table3": None, "leakage": (), "beside": ()}
    return Results(code="", command=None, corpus="X", config={}, attacks=attacks, **nothing)


def texts_of(svg: str) -> str:
    """Everything that is written in a figure, without spaces."""
    return "".join("".join(re.findall(r"<text[^>]*>([^<]*)", svg)).split())


@pytest.mark.parametrize("systems", [("menan",), ("ec", "menan"), TEN], ids=len)
def test_every_system_stands_in_both_panels_with_its_figures(systems):
    results = full_results(systems=systems)
    overview = overview_of(results, "X")
    probed = {mean.system: mean for mean in leakage_means(results.leakage)}
    ua, speaker = overview_charts(overview, system_looks(reported_systems(results)))
    for name in systems:
        own, best = results.table2.systems[name].ua, probed[name].sets["train"].embeddings.v.best
        for svg, value, interval in (
            (ua, own.test, own.interval),
            (speaker, 100 * best.accuracy, [100 * end for end in best.interval]),
        ):
            low, high = map(named, interval)
            assert f"{name}: {named(value)} ({low} to {high})" in svg
            assert f"{name}" in texts_of(svg)
            assert named(value) in texts_of(svg)
    assert "chance 25.0." in ua
    assert "chance 12.5." in speaker


def test_the_image_of_markdown_shows_what_the_page_shows():
    results = full_results(systems=TEN)
    overview = overview_of(results, "X")
    image = overview_image(overview, system_looks(reported_systems(results)), "svg")
    written = texts_of(image.decode())
    for panel in overview.panels:
        assert "".join(panel.title.split()) in written
        assert "".join(panel.legend.split()) in written
    assert all(name in written for name in TEN)


def test_markdown_has_the_image_described_before_any_table(tmp_path):
    results = full_results(corpus="a|b")
    text = report_markdown(results, tmp_path / "R.md", None)
    described = re.search(r"!\[(.*)\]\(R\.png\)", text)
    assert described.start() < text.index("\n| ")
    (menan,) = (row for row in overview_rows(results) if row.label == "menan")
    for mark in (menan.ua, menan.probe):
        low, high = map(named, mark.interval)
        assert f"menan: {named(mark.value)} ({low} to {high})" in described[1]
    assert r"a\|b: 4 emotions, 4 test speakers, 4 folds, 2 seeds, 2000 test utterances" in text


def test_the_strongest_probe_counts_of_one_draw_or_many():
    results = full_results(systems=("menan",))
    one, other = (
        replace(one, seed=0, bottleneck="noise 1", draws=draws)
        for one, draws in zip(results.leakage, (1, 32), strict=True)
    )
    (row,) = overview_rows(replace(results, leakage=(one, other)))
    found = [leak.sets["train"].embeddings.v.best.accuracy for leak in (one, other)]
    assert found[0] != found[1]
    assert (row.label, row.probe.value) == ("menan, noise 1", pytest.approx(100 * max(found)))
    assert (
        "one draw or the mean of many"
        in overview_of(replace(results, leakage=(one, other)), "X").caption
    )


def test_probes_are_those_of_one_selection_rule():
    results = full_results(systems=("menan",))
    last = tuple(replace(one, rule="last", ua=1.0) for one in results.leakage)
    (row,) = overview_rows(replace(results, leakage=(*last, *results.leakage)))
    (usual,) = overview_rows(results)
    assert row == usual
    caption = overview_of(replace(results, leakage=last), "X").caption
    assert "epoch by `best-ua`" in caption
    assert "epoch by `last`" in caption


def test_without_probes_the_picture_has_ua_alone_and_says_so():
    results = replace(full_results(), leakage=())
    overview = overview_of(results, "X")
    (panel,) = overview.panels
    assert panel.kinds == ("ua",)
    assert overview.sentences.endswith(NOT_MEASURED)
    assert "Probe" not in overview.caption


def test_an_attack_stands_in_the_row_of_its_system():
    results = replace(full_results(), attacks=(example_attack(),))
    ec, menan = overview_rows(results)
    assert ec.attack is None
    # From all utterances, by an attacker without the key, on the utterances that tell more.
    assert (menan.attack.value, menan.attack.chance) == (pytest.approx(30.0), 5.0)
    _, speaker = overview_of(results, "X").panels
    assert speaker.kinds == ("probe", "attack")
    assert "strongest attack 30.0 (25.0 to 36.0)" in speaker.alt
    assert "strongest attack not measured" in speaker.alt


def test_attacks_alone_show_the_protected_system_and_its_rival():
    attacks = [example_attack(bottleneck="noise 2", name=name) for name in ("one", "two")]
    rows = overview_rows(attacked(*attacks))
    assert [row.label for row in rows] == [
        *("menan, noise 2 (one)", "ec's posteriors (one)"),
        *("menan, noise 2 (two)", "ec's posteriors (two)"),
    ]
    assert [row.ua.value for row in rows[:2]] == pytest.approx([83, 84])
    assert [row.attack.value for row in rows[:2]] == pytest.approx([30, 44])
    caption = overview_of(attacked(*attacks), "X").caption
    assert "20 networks per system, 2 seeds, 20 attacked speakers and 4 unseen" in caption


def test_systems_of_other_reports_are_shown_without_an_interval():
    results = replace(full_results(), beside=full_results(systems=("toy",)).leakage)
    row = overview_rows(results)[-1]
    assert row.label == "toy (other report)"
    assert row.ua.interval is None
    # They were tested otherwise, so they are not called the best.
    high = replace(results, beside=tuple(replace(one, ua=99.0) for one in results.beside))
    assert "toy" not in overview_of(high, "X").sentences.split(". ")[0]


@pytest.mark.parametrize(
    ("ps", "said"),
    [
        ((0.5, 0.5, 0.5), "the paired tests find no difference between systems"),
        ((0.01, 0.5, 0.02), "the paired tests find a difference in 2 of 3 pairs of systems"),
        ((0.01,), "the paired test finds a difference"),
    ],
)
def test_the_sentence_tells_what_the_tests_found(ps, said):
    results = full_results()
    rows = tuple(Comparison("ec", "menan", "ua", 1.0, p, p, p) for p in ps)
    other = Comparison("ec", "menan", "wa", 1.0, 0.001, 0.001, 0.001)
    table = replace(results.table2, comparisons=(*rows, other))
    best = max(table.systems.values(), key=lambda own: own.ua.test).ua.test
    sentence = overview_of(replace(results, table2=table), "X").sentences.replace("\u00a0", " ")
    assert f"The highest UA on unseen speakers is {named(best)} %" in sentence
    assert f"; {said}. The speaker" in sentence


def test_the_sentence_tells_in_how_many_systems_the_speaker_is_readable():
    def hidden(one):
        v = one.sets["train"].embeddings.v
        low = replace(v.linear, accuracy=0.13)
        v = replace(v, linear=low, mlp=low, knn=replace(low, cross_entropy=None))
        found = one.sets["train"]
        train = replace(found, embeddings=replace(found.embeddings, v=v))
        return replace(one, sets={**one.sets, "train": train})

    results = full_results()
    some = tuple(hidden(one) if one.system == "ec" else one for one in results.leakage)
    every = tuple(map(hidden, results.leakage))
    for leakage, said in (
        (results.leakage, "can still be read in every system"),
        (some, "can still be read in 1 of 2 systems"),
        (every, "can hardly be read in any system"),
    ):
        assert (
            f"The speaker {said}:" in overview_of(replace(results, leakage=leakage), "").sentences
        )


@pytest.mark.parametrize(
    ("held_out", "tested", "unit", "interval"),
    [
        (None, "unseen speakers", "4 test speakers", "speakers"),
        ("whole corpora", "speakers of unseen corpora", "4 test speakers", "speakers"),
        ("split", "the test parts of the official split", "4 test parts", "utterances"),
        ("folds", "the test utterances of each fold", "4 test parts", "utterances"),
    ],
)
def test_the_picture_says_what_was_tested(held_out, tested, unit, interval):
    config = {} if held_out is None else {"runs": {"held out": held_out}}
    overview = overview_of(replace(full_results(), config=config), "X")
    assert overview.panels[0].title == f"How good: UA on {tested}, %"
    assert f"UA on {tested} is" in overview.sentences
    assert f"{unit}, 4 folds" in overview.caption
    assert f"95 % intervals over {interval}" in overview.caption


@pytest.mark.parametrize(
    ("corpus", "said"),
    [
        ("RAVDESS", "No speech here is marked as generated."),
        ("IEMOCAP's layout, generated speech, seed 0", "All speech here was generated."),
        ("RAVDESS and X, generated", "1 of 2 corpora are generated speech."),
    ],
)
def test_the_caption_says_what_was_generated(corpus, said):
    assert said in overview_of(full_results(corpus=corpus), corpus).caption


def test_a_report_without_accuracy_has_no_picture(tmp_path):
    bare = replace(full_results(), table2=None, leakage=())
    assert overview_of(bare, "X") is None
    assert "R.png" not in report_markdown(bare, tmp_path / "R.md", None)
