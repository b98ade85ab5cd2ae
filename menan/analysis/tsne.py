"""Fig. 2: t-SNE of the embeddings of what was held out, by emotion and by speaker."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.manifold import TSNE

from menan.analysis.looks import class_looks
from menan.analysis.system_names import seed_of, system_order
from menan.analysis.vectors import stack_vectors
from menan.datadir.archive import read_scp, read_vector
from menan.datadir.division import divided, unseen_speakers
from menan.datadir.dump_directory import feats_paths
from menan.datadir.folds import is_split
from menan.datadir.joint_dump import open_dumps
from menan.datadir.metadata import Metadata, read_metadata
from menan.datadir.tables import c_sorted
from menan.errors import InputError
from menan.files.atomic import atomic_open, atomic_path
from menan.inference.outputs import read_model_cards

ROWS = 14  # names in one column of a legend


@dataclass(frozen=True)
class SystemEmbeddings:
    """The embeddings that one network of a system wrote.

    directory: written by menan-infer.
    group: the network's held-out group or split.
    speakers: its training speakers.
    """

    system: str
    directory: Path
    group: str
    speakers: tuple[str, ...]


@dataclass(frozen=True)
class Panel:
    """One system's embeddings on the plane: xy float (utterances, 2)."""

    system: str
    utts: list[str]
    xy: np.ndarray


def tsne_figure(
    data: str | Path, exp: Path, infer: Path, out: Path, speakers: Sequence[str] | None, seed: int
) -> list[Path]:
    """Draw each trained system in a row, coloured by emotion on the left, by speaker on the right.

    Of each system the first seed is drawn, and of all systems the same held-out group.

    Args:
        data: data or dump directory with the labels. For systems of several corpora their dump
            directories, joined by commas.
        exp: experiment directory with ``<system>_seed<k>/<group>``.
        infer: directory of its embeddings, ``<system>_seed<k>/<fold>``, by menan-infer.
        out: path without suffix; ``.png``, ``.pdf`` and the coordinates ``.tsv`` are written.
        speakers: by default the speakers of the held-out group, or all who are heard in what a
            split keeps from training.
        seed: seed of t-SNE.

    Raises:
        InputError: systems without embeddings of a common group, a speaker who was trained on or
            is missing.
    """
    metadata, panels = _labels(data), []
    unseen = "speakers unseen in training"
    for chosen in find_systems(exp, infer):
        names, utts = _shown(chosen, metadata, speakers)
        if names & set(chosen.speakers):
            unseen = "utterances unseen in training, some by its speakers"
        panels.append(_panel(chosen, metadata, names, utts, seed))
    paths = [out.with_name(out.name + suffix) for suffix in (".png", ".pdf")]
    _draw(panels, metadata, f"{unseen}; {metadata.corpus}", paths)
    coordinates = out.with_name(out.name + ".tsv")
    _write_coordinates(coordinates, panels, metadata)
    return [*paths, coordinates]


def _labels(data: str | Path) -> Metadata:
    folders = feats_paths(data)
    if len(folders) == 1:
        return read_metadata(folders[0])
    return open_dumps(",".join(str(folder / "feats.scp") for folder in folders)).metadata


def find_systems(exp: Path, infer: Path) -> list[SystemEmbeddings]:
    """The first seed of each trained system, with the first held-out group that all share.

    Raises:
        InputError: no training, a system without embeddings, or no common group.
    """
    first: dict[str, str] = {}
    names = {path.parents[1].name for path in exp.glob("*_seed*/*/config.yaml")}
    # Seeds are whole numbers without leading zeros: a longer one is larger.
    for name in sorted(names, key=lambda name: (len(seed_of(name)[1]), seed_of(name)[1])):
        first.setdefault(seed_of(name)[0], name)
    if not first:
        raise InputError(f"{exp}: no <system>_seed<k>/<group> in it; run menan-train first")
    found = [_networks(system, infer / first[system]) for system in sorted(first, key=system_order)]
    common = set.intersection(*({*networks} for networks in found))
    if not common:
        raise InputError(
            f"{infer}: no held-out group that all systems share; infer with all of them"
        )
    group = c_sorted(common)[0]
    return [networks[group] for networks in found]


def _networks(system: str, directory: Path) -> dict[str, SystemEmbeddings]:
    """By held-out group, the first of its folds."""
    networks: dict[str, SystemEmbeddings] = {}
    for path in sorted(directory.glob("*/models.json")):
        cards = read_model_cards(path.parent)
        if len(cards) != 1:
            raise InputError(
                f"{path.parent}: embeddings of {len(cards)} models do not share a space; infer "
                "without --test-speakers-only"
            )
        group = cards[0].group
        if group is not None:
            one = SystemEmbeddings(system, path.parent, group, cards[0].speakers)
            networks.setdefault(group, one)
    if not networks:
        raise InputError(
            f"{directory}: no embeddings by a model with a held-out group; run menan-infer --model "
            f"<exp>/{directory.name} --out {directory}"
        )
    return networks


def _shown(
    chosen: SystemEmbeddings, metadata: Metadata, speakers: Sequence[str] | None
) -> tuple[set[str], set[str]]:
    """The speakers and the utterances that are drawn."""
    if speakers is None and is_split(chosen.group):
        utts = set(divided(metadata, chosen.group)[1])
        return {metadata.utt2spk[utt] for utt in utts}, utts
    names = set(speakers or unseen_speakers(metadata, chosen.group, ()))
    if not names:
        raise InputError(
            f"{chosen.directory}: its model held out {chosen.group!r}, of which --data has no "
            "speaker; name unseen speakers with --speakers"
        )
    if trained := names & set(chosen.speakers):
        raise InputError(
            f"{chosen.directory}: its model was trained on speaker {min(trained)!r}; "
            "choose unseen speakers"
        )
    return names, {utt for utt, name in metadata.utt2spk.items() if name in names}


def _panel(
    chosen: SystemEmbeddings, metadata: Metadata, speakers: set[str], shown: set[str], seed: int
) -> Panel:
    directory = chosen.directory
    scp = read_scp(directory / "embeddings.scp")
    # An utterance that nobody has labelled has no colour.
    labelled = (utt for utt in scp if metadata.utt2emo.get(utt))
    utts = [utt for utt in labelled if utt in shown]
    if missing := speakers - {metadata.utt2spk[utt] for utt in utts}:
        raise InputError(
            f"{directory}: no embedding of speaker {min(missing)!r}; infer on that speaker"
        )
    if len(utts) < 4:
        raise InputError(f"{directory}: {len(utts)} embeddings are too few to draw; at least 4")
    vectors = [read_vector(scp[utt], f"{directory}: {utt}") for utt in utts]
    v = stack_vectors(utts, vectors, directory / "embeddings.scp", "infer").astype(np.float32)
    # scikit-learn wants fewer neighbours than points; 30 is its default.
    perplexity = min(30.0, (len(utts) - 1) / 3)
    tsne = TSNE(perplexity=perplexity, init="pca", random_state=seed)
    return Panel(chosen.system, utts, tsne.fit_transform(v))


@mpl.rc_context({"text.parse_math": False})  # a speaker may be called $a$
def _draw(panels: list[Panel], metadata: Metadata, what: str, paths: list[Path]) -> None:
    figure = Figure(figsize=(8, 3.6 * len(panels)), layout="constrained")
    axes = figure.subplots(len(panels), 2, squeeze=False)
    for (left, right), panel in zip(axes, panels, strict=True):
        emotions = [metadata.utt2emo[utt][0] for utt in panel.utts]
        speakers = [metadata.utt2spk[utt] for utt in panel.utts]
        shown = metadata.emotions.in_order(emotions)
        _scatter(left, panel.xy, emotions, shown, f"{panel.system}: emotion")
        _scatter(right, panel.xy, speakers, c_sorted(set(speakers)), f"{panel.system}: speaker")
    figure.suptitle(f"t-SNE of v, {what}", fontsize=10)
    for path in paths:
        with atomic_path(path) as beside:
            # Without a date the same coordinates give the same file.
            dateless = {"CreationDate": None} if path.suffix == ".pdf" else {}
            figure.savefig(beside, dpi=150, metadata=dateless)


def _scatter(
    axis: Axes, xy: np.ndarray, values: list[str], classes: Sequence[str], title: str
) -> None:
    for name, look in class_looks(classes).items():
        rows = np.array([value == name for value in values])
        points = {"s": 18, "c": look.colour, "marker": look.marker, "alpha": 0.85}
        axis.scatter(*xy[rows].T, linewidths=0, label=name, **points)
    axis.set(title=title, xticks=[], yticks=[])
    if len(classes) <= ROWS:
        axis.legend(fontsize=8, framealpha=0.6)
    else:
        columns = -(-len(classes) // ROWS)
        beside = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0), "ncols": columns}
        axis.legend(fontsize=6, handletextpad=0.1, columnspacing=0.6, **beside)


def _write_coordinates(path: Path, panels: list[Panel], metadata: Metadata) -> None:
    with atomic_open(path) as file:
        file.write("system\tutterance\tspeaker\temotion\tx\ty\n")
        for panel in panels:
            for utt, (x, y) in zip(panel.utts, panel.xy, strict=True):
                emotion, speaker = ",".join(metadata.utt2emo[utt]), metadata.utt2spk[utt]
                file.write(f"{panel.system}\t{utt}\t{speaker}\t{emotion}\t{x:.4f}\t{y:.4f}\n")
