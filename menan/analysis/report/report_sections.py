"""The sections of a report, in order."""

from menan.analysis import captions
from menan.analysis.protocols import protocol_of
from menan.analysis.report.accuracy_sections import accuracy_sections
from menan.analysis.report.attack_section import attack_section
from menan.analysis.report.leakage_sections import leakage_section
from menan.analysis.report.published_section import published_section
from menan.analysis.report.section import ReportTable, Section, TableCell, column_titles
from menan.analysis.report.table3_section import table3_section
from menan.analysis.results import Results
from menan.analysis.system_names import objective_of
from menan.settings import ObjectiveSettings
from menan.training.selection import RULES


def report_sections(results: Results) -> list[Section]:
    """All sections that have figures; drawings are added where they are laid out."""
    sections = []
    if results.findings:
        sections.append(
            Section(
                "findings",
                captions.FINDINGS,
                captions.FINDINGS,
                captions.FINDINGS_NOTE,
                items=results.findings,
            )
        )
    if results.doubts:
        note = "What limits the figures below."
        section = Section("validity", "Validity", "Validity", note, items=results.doubts)
        sections.append(section)
    sections.append(_configuration(results))
    if results.table2 is not None:
        sections += accuracy_sections(
            results.table2, results.corpus, protocol_of(results.config).table2
        )
    if results.published is not None:
        sections.append(published_section(results.published))
    if results.leakage:
        sections.append(leakage_section(results.leakage, results.table2))
    if results.attacks:
        sections.append(attack_section(results.attacks))
    if results.table3 is not None:
        sections.append(table3_section(results.table3))
    return sections


def _configuration(results: Results) -> Section:
    rows = [("Code", f"menan {results.code}"), ("Corpus", results.corpus)]
    if results.command:
        rows.insert(1, ("Command", results.command))
    if table := results.table2:
        rows.append(("Epoch chosen by", f"{table.rule}: {RULES[table.rule].description}"))
        seeds = (f"{name}: {_listed(own.seeds)}" for name, own in table.systems.items())
        rows.append(("Seeds", "; ".join(seeds)))
        rows += [(f"Objective {name}", text) for name, text in _objectives(results).items()]
    rows += [
        (section.capitalize(), "; ".join(f"{key} {value}" for key, value in values.items()))
        for section, values in results.config.items()
    ]
    if results.trained is not None:
        rows.append(
            ("Trainings", f"{results.trained.runs}, {results.trained.hours:.2f} hours in all")
        )
        rows.append(("Protocol", protocol_of(results.config).measured))
    cells = tuple((TableCell(name), TableCell(text, style="text")) for name, text in rows)
    columns = column_titles("setting", "value")
    table_of_facts = ReportTable("Configuration", columns, cells)
    return Section(
        "configuration", captions.CONFIGURATION, "Configuration", tables=(table_of_facts,)
    )


def _objectives(results: Results) -> dict[str, str]:
    """The one-line description of each objective that a system was trained with."""
    systems = results.table2.systems if results.table2 else ()
    names = dict.fromkeys(map(objective_of, systems))
    known = [name for name in names if name in ObjectiveSettings.table]
    return {name: ObjectiveSettings.named(name).description for name in known}


def _listed(values: tuple[int, ...]) -> str:
    return ", ".join(map(str, values))
