"""Fig. 2: t-SNE of the embeddings of two unseen speakers, by emotion and by speaker."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
from sklearn.manifold import TSNE

from menan.analysis.leakage.embeddings import stack_vectors
from menan.datadir.archive import read_scp, read_vector
from menan.datadir.metadata import Metadata, corpus_name, read_metadata
from menan.errors import InputError
from menan.files.atomic import atomic_open, atomic_path
from menan.inference.outputs import read_model_cards
from menan.labels import EMOTIONS

# Okabe and Ito's colours, which colour-blind readers can tell apart; markers for print.
COLOURS = ("#D55E00", "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9")
MARKERS = ("o", "^", "s", "D", "v", "P")


@dataclass(frozen=True)
class Panel:
    """One system's embeddings on the plane: xy float (utterances, 2)."""

    system: str
    utts: list[str]
    xy: np.ndarray


def tsne_figure(
    data: Path, hyps: Sequence[Path], out: Path, speakers: Sequence[str] | None, seed: int
) -> list[Path]:
    """Draw each system in a row, coloured by emotion on the left and by speaker on the right.

    Args:
        data: data or dump directory with the labels.
        hyps: directories of menan-infer, one a system, made by models of one held-out group.
        out: path without suffix; ``.png``, ``.pdf`` and the coordinates ``.tsv`` are written.
        speakers: by default the speakers of the models' held-out group.
        seed: of t-SNE.

    Raises:
        InputError: a speaker who was trained on, or who is missing.
    """
    labels = read_metadata(data)
    panels, groups = [], set()
    for hyp in hyps:
        cards = read_model_cards(hyp)
        if len(cards) != 1:
            raise InputError(
                f"{hyp}: embeddings of {len(cards)} models do not share a space; infer with one"
            )
        card = cards[0]
        chosen = list(speakers or [s for s, g in labels.spk2group.items() if g == card.group])
        if trained := set(chosen) & set(card.speakers):
            raise InputError(f"{hyp}: its model was trained on speaker {min(trained)!r}")
        panels.append(_panel(f"{card.objective}", hyp, labels, chosen, seed))
        groups.add(card.group)
    if len(groups) != 1:
        raise InputError(f"the systems held out different groups: {sorted(map(str, groups))}")
    paths = [out.with_name(out.name + suffix) for suffix in (".png", ".pdf")]
    _draw(panels, labels, corpus_name(data), paths)
    coordinates = out.with_name(out.name + ".tsv")
    _write_coordinates(coordinates, panels, labels)
    return [*paths, coordinates]


def _panel(system: str, hyp: Path, labels: Metadata, speakers: list[str], seed: int) -> Panel:
    scp = read_scp(hyp / "embeddings.scp")
    utts = [utt for utt in scp if labels.utt2spk.get(utt) in speakers]
    if missing := set(speakers) - {labels.utt2spk[utt] for utt in utts}:
        raise InputError(f"{hyp}: no embedding of speaker {min(missing)!r}; infer on that speaker")
    if len(utts) < 4:
        raise InputError(f"{hyp}: {len(utts)} embeddings are too few to draw")
    vectors = [read_vector(scp[utt], f"{hyp}: {utt}") for utt in utts]
    v = stack_vectors(utts, vectors, hyp / "embeddings.scp", "infer").astype(np.float32)
    # scikit-learn wants fewer neighbours than points; 30 is its default.
    perplexity = min(30.0, (len(utts) - 1) / 3)
    return Panel(
        system, utts, TSNE(perplexity=perplexity, init="pca", random_state=seed).fit_transform(v)
    )


@mpl.rc_context({"text.parse_math": False})  # a speaker may be called $a$
def _draw(panels: list[Panel], labels: Metadata, corpus: str, paths: list[Path]) -> None:
    # Imported here, as pyplot takes a second that no other command should pay.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.6 * len(panels)), layout="constrained")
    axes = figure.subplots(len(panels), 2, squeeze=False)
    for (left, right), panel in zip(axes, panels, strict=True):
        emotions = [labels.utt2emo[utt][0] for utt in panel.utts]
        speakers = [labels.utt2spk[utt] for utt in panel.utts]
        _scatter(left, panel.xy, emotions, list(EMOTIONS), f"{panel.system}: emotion")
        _scatter(right, panel.xy, speakers, sorted(set(speakers)), f"{panel.system}: speaker")
    figure.suptitle(f"t-SNE of v, speakers unseen in training; {corpus}", fontsize=10)
    for path in paths:
        with atomic_path(path) as beside:
            # Without a date the same coordinates give the same file.
            dateless = {"CreationDate": None} if path.suffix == ".pdf" else {}
            figure.savefig(beside, dpi=150, metadata=dateless)


def _scatter(axis, xy: np.ndarray, values: list[str], classes: list[str], title: str) -> None:
    for number, name in enumerate(classes):
        rows = np.array([value == name for value in values])
        axis.scatter(
            *xy[rows].T,
            s=18,
            c=COLOURS[number % len(COLOURS)],
            marker=MARKERS[number % len(MARKERS)],
            linewidths=0,
            alpha=0.85,
            label=name,
        )
    axis.set(title=title, xticks=[], yticks=[])
    axis.legend(fontsize=8, framealpha=0.6)


def _write_coordinates(path: Path, panels: list[Panel], labels: Metadata) -> None:
    with atomic_open(path) as file:
        file.write("system\tutterance\tspeaker\temotion\tx\ty\n")
        for panel in panels:
            for utt, (x, y) in zip(panel.utts, panel.xy, strict=True):
                emotion = ",".join(labels.utt2emo[utt])
                file.write(
                    f"{panel.system}\t{utt}\t{labels.utt2spk[utt]}\t{emotion}\t{x:.4f}\t{y:.4f}\n"
                )
