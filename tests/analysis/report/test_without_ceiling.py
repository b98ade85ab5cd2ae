"""Systems that were probed without their input stand in the report without a ceiling."""

from dataclasses import replace

from menan.analysis.leakage.result import leakage_means
from menan.analysis.report.leakage_sections import leakage_section
from menan.analysis.report.overview_captions import overview_of
from tests.analysis.report.report_example import full_results


def without_input(one):
    sets = {
        name: replace(found, embeddings=replace(found.embeddings, raw=None), floor_nats=None)
        for name, found in one.sets.items()
    }
    return replace(one, sets=sets)


def test_the_report_says_which_systems_have_no_ceiling():
    leakages = full_results().leakage
    first = leakages[0].system
    changed = [without_input(one) if one.system == first else one for one in leakages]
    others = len({one.system for one in leakages}) - 1
    for part in leakage_section(changed, None).parts:
        assert f"The input of {first} was not probed: there is no ceiling." in part.note
        assert "nats; an embedding with the emotion" in part.note
        kinds = [row[1].text for row in part.tables[0].rows]
        assert (kinds.count("v"), kinds.count("raw features")) == (others + 1, others)


def test_without_any_input_no_table_has_a_ceiling():
    changed = [without_input(one) for one in full_results().leakage]
    means = leakage_means(changed)
    for part in leakage_section(changed, None).parts:
        assert ", ".join(mean.label for mean in means) in part.note
        assert "nats. The input of" in part.note
        assert "raw features" not in [row[1].text for row in part.tables[0].rows]


def test_the_picture_has_a_dotted_line_only_with_an_input():
    results = full_results()
    bare = replace(results, leakage=tuple(map(without_input, results.leakage)))
    for shown, is_dotted in ((results, True), (bare, False)):
        _, speaker = overview_of(shown, "").panels
        assert ("dotted" in speaker.legend) is is_dotted
