"""Systems that were probed without their input stand in the report without a ceiling."""

from dataclasses import replace

from menan.analysis.leakage.result import leakage_means
from menan.analysis.looks import system_looks
from menan.analysis.report.charts import tradeoff_chart
from menan.analysis.report.leakage_sections import leakage_section
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


def test_without_any_input_neither_tables_nor_chart_have_a_ceiling():
    changed = [without_input(one) for one in full_results().leakage]
    means = leakage_means(changed)
    for part in leakage_section(changed, None).parts:
        assert ", ".join(mean.label for mean in means) in part.note
        assert "nats. The input of" in part.note
        assert "raw features" not in [row[1].text for row in part.tables[0].rows]
    styles = system_looks([mean.system for mean in means])
    assert "raw features" not in tradeoff_chart("x", means, styles)
    whole = leakage_means(full_results().leakage)
    assert "raw features" in tradeoff_chart("x", whole, styles)
