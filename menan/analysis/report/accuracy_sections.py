"""The sections on accuracy: Table 2, its rules, comparisons, confusion, speakers."""

from dataclasses import astuple

from menan.analysis import captions
from menan.analysis.cells import fixed, interval_text, p_value
from menan.analysis.report.corpora_section import corpora_section
from menan.analysis.report.section import (
    ReportTable,
    Section,
    TableCell,
    column_titles,
    headers,
    system_cell,
)
from menan.analysis.results import (
    Comparison,
    HeadlineAccuracy,
    SystemFigures,
    Table2,
)
from menan.training.selection import RULES

QUIET = "quiet"


def accuracy_sections(table: Table2, corpus: str, title: str) -> list[Section]:
    """All sections of Table 2; comparisons of several systems, corpora of several corpora."""
    sections = [_table2(table, corpus, title), _rules(table)]
    if table.comparisons:
        sections.append(_comparisons(table.comparisons))
    if any(system.corpora for system in table.systems.values()):
        sections.append(corpora_section(table))
    return [*sections, _pooled(table), _speakers(table), _calibration(table)]


def _table2(table: Table2, corpus: str, title: str) -> Section:
    rows = []
    for name, system in table.systems.items():
        rows.append(
            (
                system_cell(name),
                TableCell("here", style="text"),
                *_accuracy_cells(system.wa),
                *_accuracy_cells(system.ua),
                *headers(fixed(system.epoch_sd), str(len(system.seeds)), str(len(system.folds))),
            )
        )
        if system.paper.wa and system.paper.ua:
            printed = [fixed(value) for value in system.paper.wa + system.paper.ua]
            texts = (*printed, "", "", "")
            figures = (TableCell(text, style=QUIET) for text in texts)
            rows.append((system_cell(name), TableCell("paper", style=f"text {QUIET}"), *figures))
    folds = tuple(
        (
            system_cell(name),
            TableCell(str(fold.seed)),
            TableCell(fold.test, style="text"),
            TableCell(fold.valid or "–", style="text"),
            TableCell("–" if fold.epoch is None else str(fold.epoch)),
            *headers(*(fixed(value, 2, 100) for value in fold.wa + fold.ua)),
        )
        for name, system in table.systems.items()
        for fold in system.folds
    )
    columns = column_titles(*captions.TABLE2_COLUMNS)
    return Section(
        "table2",
        title,
        "Table 2",
        captions.table2_note(table, corpus),
        captions.table2_after(table),
        tables=(ReportTable("Table 2", columns, tuple(rows)),),
        fold_title=captions.FOLDS,
        fold_tables=(ReportTable(captions.FOLDS, column_titles(*captions.FOLDS_COLUMNS), folds),),
    )


def _accuracy_cells(accuracy: HeadlineAccuracy) -> tuple[TableCell, ...]:
    detail = interval_text(accuracy.interval)
    return (
        TableCell(fixed(accuracy.val)),
        TableCell(fixed(accuracy.test), detail=detail, style="main"),
        TableCell(fixed(accuracy.delta)),
    )


def _rules(table: Table2) -> Section:
    rows = []
    for rule, means in table.rules.items():
        style = "main" if rule == table.rule else ""
        cells = [
            TableCell(fixed(own.ua.test), detail=f"({fixed(own.ua.delta)})", style=style)
            for own in (means[name] for name in table.systems)
        ]
        rows.append((TableCell(rule), *cells))
    chosen = table.rules[table.rule]
    for rule in (name for name in table.rules if RULES[name].sees_test):
        gains = (
            fixed(table.rules[rule][name].ua.test - chosen[name].ua.test) for name in table.systems
        )
        texts = (f"optimism of {rule}", *gains)
        rows.append(tuple(TableCell(text, style=QUIET) for text in texts))
    columns = (TableCell("rule"), *map(system_cell, table.systems))
    return Section(
        "rules",
        captions.RULES_TITLE,
        "Selection rules",
        captions.rules_note(table.rule, table.rules),
        tables=(ReportTable("Selection rules", columns, tuple(rows)),),
    )


def _comparisons(comparisons: tuple[Comparison, ...]) -> Section:
    rows = tuple(
        (
            TableCell(f"{row.a} − {row.b}"),
            TableCell(row.measure.upper(), style="text"),
            TableCell(fixed(row.difference)),
            TableCell(p_value(row.p)),
            TableCell(p_value(row.p_holm), style="main"),
            TableCell(p_value(row.mcnemar_p)),
        )
        for row in comparisons
    )
    columns = column_titles(*captions.COMPARISONS_COLUMNS)
    return Section(
        "comparisons",
        captions.COMPARISONS,
        captions.COMPARISONS,
        captions.COMPARISONS_NOTE,
        tables=(ReportTable("Comparisons", columns, rows),),
    )


def _pooled(table: Table2) -> Section:
    rows = []
    for name, system in table.systems.items():
        pooled = system.pooled
        rows.append(
            (
                system_cell(name),
                TableCell(fixed(pooled.wa), detail=interval_text(pooled.wa_interval)),
                TableCell(fixed(pooled.ua), detail=interval_text(pooled.ua_interval)),
                TableCell(fixed(system.macro_f1)),
                *headers(*map(fixed, pooled.recall)),
            )
        )
    recalls = (f"recall {emotion}" for emotion in table.emotions)
    columns = column_titles("system", "WA", "UA", "macro F1", *recalls)
    return Section(
        "confusion",
        captions.POOLED,
        "Confusion",
        captions.POOLED_NOTE,
        tables=(ReportTable("All test utterances", columns, tuple(rows)),),
        page_tables=tuple(
            _matrix(name, system, table.emotions) for name, system in table.systems.items()
        ),
    )


def _matrix(name: str, system: SystemFigures, emotions: tuple[str, ...]) -> ReportTable:
    rows = []
    for emotion, counts, recall in zip(
        emotions, system.pooled.confusion, system.pooled.recall, strict=True
    ):
        total = max(sum(counts), 1)
        shaded = (TableCell(str(count), share=count / total) for count in counts)
        rows.append((TableCell(emotion), *shaded, TableCell(fixed(recall, 1))))
    columns = column_titles("reference", *emotions, "recall, %")
    return ReportTable(f"Confusion of {name}", columns, tuple(rows), system=name)


def _speakers(table: Table2) -> Section:
    first = next(iter(table.systems.values()))
    uas = tuple(
        (
            TableCell(speaker),
            TableCell(str(figures.utterances)),
            *(
                TableCell(fixed(own.speakers[speaker].ua, 1))
                if speaker in own.speakers
                else TableCell("–")
                for own in table.systems.values()
            ),
        )
        for speaker, figures in first.speakers.items()
    )
    columns = (*headers("speaker, UA", "utterances"), *map(system_cell, table.systems))
    return Section(
        "speakers",
        captions.SPEAKERS,
        "Speakers",
        captions.SPEAKERS_NOTE,
        tables=(_worst_and_genders(table),),
        page_tables=(ReportTable("UA by speaker", columns, uas),),
        fold_title=captions.RECALLS,
        fold_tables=tuple(_recalls(name, table) for name in table.systems),
    )


def _worst_and_genders(table: Table2) -> ReportTable:
    genders = next(iter(table.systems.values())).genders
    rows = tuple(
        (
            system_cell(name),
            TableCell(fixed(own.worst_speaker.ua), style="main"),
            TableCell(own.worst_speaker.speaker, style="text"),
            *(TableCell(fixed(own.genders[gender].ua)) for gender in genders),
            TableCell(fixed(own.gender_gap)),
        )
        for name, own in table.systems.items()
    )
    titles = (f"UA, {captions.GENDER_TITLES.get(gender, gender)}" for gender in genders)
    columns = column_titles("system", "worst speaker's UA", "worst speaker", *titles, "gender gap")
    return ReportTable("Worst speaker and genders", columns, rows)


def _recalls(name: str, table: Table2) -> ReportTable:
    rows = []
    for speaker, own in table.systems[name].speakers.items():
        cells = (
            TableCell(fixed(recall, 0), share=None if recall is None else recall / 100)
            for recall in own.recall
        )
        rows.append((TableCell(speaker), *cells))
    columns = column_titles("speaker", *table.emotions)
    return ReportTable(f"Recall by speaker, {name}", columns, tuple(rows), system=name)


def _calibration(table: Table2) -> Section:
    rows = tuple(
        (system_cell(name), *headers(*(fixed(value, 3) for value in astuple(own.calibration))))
        for name, own in table.systems.items()
    )
    columns = column_titles("system", *captions.CALIBRATION_TITLES.values())
    return Section(
        "calibration",
        captions.CALIBRATION,
        "Calibration",
        captions.calibration_note(len(table.emotions)),
        tables=(ReportTable("Calibration", columns, rows),),
    )
