"""All parsers of the toolkit: where their bytes stand, and how a command reads them."""

import hashlib
import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from menan.analysis.leakage.given_embeddings import read_given_embeddings
from menan.analysis.leakage.leakage_files import read_reported_leakage
from menan.analysis.report.curves import learning_curves
from menan.analysis.report.planes import read_planes
from menan.analysis.runs import read_runs
from menan.analysis.tables.collect import reported_leakages
from menan.analysis.tables.fold_results import fold_results
from menan.config import load_config
from menan.corpora import cremad, emobox, iemocap, meld, mosei, msp_podcast, ravdess, table
from menan.corpora.description import describe
from menan.corpora.preparation import Preparation
from menan.datadir.archive import matrix_shape, read_matrix, read_vector
from menan.datadir.dump_directory import open_dump
from menan.datadir.fold_table import fold_table, format_fold_table
from menan.datadir.metadata import read_metadata
from menan.datadir.tables import read_table
from menan.datadir.utterances import write_datadir
from menan.datadir.validate.directory import validate
from menan.datadir.validate.lenient_table import scan_table
from menan.features.dump.dump_features import dump_features
from menan.features.dump.jobs import DumpOptions
from menan.features.dump.sources import read_sources
from menan.features.store import load_frames
from menan.inference.outputs import read_model_cards
from menan.labels import parse_map
from menan.model.model_file import load_model
from menan.scoring.score import score_files
from menan.training.checkpoint import _MAGIC, load_checkpoint
from tests.faults import audio_parsers, clip_seeds, seeds, split_parsers
from tests.faults.trial import Parser


def _only(name: str, content: bytes) -> Callable[[Path], object]:
    """A folder with one file."""
    return lambda folder: (folder / name).write_bytes(content)


def _prepared(prepare: Callable[[Path], Preparation]) -> Callable[[Path], None]:
    """What menan-prepare does."""

    def read(folder: Path) -> None:
        preparation = prepare(folder)
        describe(preparation, folder).encode("utf-8", "backslashreplace")  # as commands print it
        write_datadir(
            preparation.utterances, folder / "out", preparation.corpus, emotions=preparation.labels
        )

    return read


def _ravdess(folder: Path) -> None:
    """The bytes are the name of a recording; another one is in order."""
    name = (folder / "name").read_bytes()
    if name in (b"", b".", b"..") or b"/" in name or b"\0" in name or len(name) > 255:
        return
    actor = folder / "release/Actor_01"
    shutil.rmtree(actor, ignore_errors=True)
    actor.mkdir(parents=True)
    for recording in (b"03-01-03-01-01-01-01.wav", name):
        (actor / os.fsdecode(recording)).write_bytes(seeds.audio())
    _prepared(ravdess.prepare)(folder / "release")


def _map(folder: Path) -> None:
    parse_map(os.fsdecode((folder / "map").read_bytes()))


def _labels(folder: Path) -> None:
    read_metadata(folder)
    format_fold_table(fold_table(folder)).encode("utf-8")


def _sources(folder: Path) -> None:
    for source in read_sources(folder, read_table(folder / "utt2spk")).values():
        assert not source.is_command  # which reading would run
        source.read()


def _dump_again(folder: Path) -> None:
    dump_features(DumpOptions(folder / "data", folder / "dump", seeds.FEATURES))


def _frames(folder: Path) -> None:
    dump = open_dump(folder / "feats.scp")
    load_frames(dump, list(dump.scp), "cpu")


def _ark(read: Callable[[str, str], object]) -> Callable[[Path], object]:
    return lambda folder: read(f"{folder / 'a.ark'}:2", f"{folder / 'feats.scp'}:1")


def _array(folder: Path) -> None:
    for read in (matrix_shape, read_matrix):
        read(f"{folder / 'a.npy'}", f"{folder / 'feats.scp'}:1")


def _scan(folder: Path) -> None:
    for fields in (None, 1, 3):
        for problem in scan_table(folder / "table", fields).problems:
            str(problem).encode("utf-8")


def _validate(folder: Path) -> None:
    "\n".join(validate(folder, read_audio=True).lines()).encode("utf-8")


def _config(folder: Path) -> None:
    load_config(folder / "conf.yaml")


def _checkpoint(content: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    """The checksum is right, whatever it is over."""

    def read(folder: Path) -> None:
        data = content((folder / "content").read_bytes())
        digest = hashlib.sha256(data).hexdigest().encode()
        (folder / "checkpoint.pt").write_bytes(_MAGIC + digest + b"\n" + data)
        load_checkpoint(folder)

    return read


def _model(folder: Path) -> None:
    load_model(folder / seeds.MODEL, "cpu")


def _score(folder: Path) -> None:
    score_files(folder / "ref", folder / "hyp")


def _runs(folder: Path) -> None:
    runs = read_runs(folder)
    fold_results(runs, "best-ua")
    learning_curves(runs)


def _leakage(folder: Path) -> None:
    reported_leakages(folder / "leakage", read_runs(folder))


def _given(name: str, labels: str | None = "labels.csv") -> Callable[[Path], object]:
    return lambda folder: read_given_embeddings(
        folder / name, None if labels is None else folder / labels
    )


def _report(folder: Path) -> None:
    read_reported_leakage(folder / "results.json")


def _plane(folder: Path) -> None:
    read_planes(folder / "plane.tsv")


def _corpora() -> list[Parser]:
    session, dialogue = "Session1/dialog", f"{seeds.DIALOGUE}.txt"
    prepare_table = _prepared(lambda folder: table.prepare(folder / "table.csv"))
    release, labels = _prepared(iemocap.prepare), "CMU_MOSEI_Labels"
    names = (b"03-01-02-01-01-01-01.flac", b".DS_Store", b"03-02-05-01-01-01-02.wav")
    box = _prepared(lambda folder: emobox.prepare(folder / "data/tess"))
    heard = _prepared(partial(cremad.prepare, labels="perceived"))
    return [
        *(
            Parser(f"EmoBox {name}", f"data/tess/{path}", box, clip_seeds.emobox)
            for name, path in (
                ("manifest", "tess.jsonl"),
                ("label map", "label_map.json"),
                ("fold", "fold_1/tess_test_fold_1.jsonl"),
            )
        ),
        Parser("CREMA-D votes", "processedResults/summaryTable.csv", heard, clip_seeds.clips),
        Parser(
            "CREMA-D actors", "VideoDemographics.csv", _prepared(cremad.prepare), clip_seeds.clips
        ),
        Parser("MELD", "train_sent_emo.csv", _prepared(meld.prepare), clip_seeds.clips),
        Parser(
            "MSP-Podcast",
            "Labels/labels_consensus.csv",
            _prepared(msp_podcast.prepare),
            clip_seeds.clips,
        ),
        Parser("EmoEvaluation", f"{session}/EmoEvaluation/{dialogue}", release, seeds.iemocap),
        Parser("transcription", f"{session}/transcriptions/{dialogue}", release, seeds.iemocap),
        *(
            Parser(f"MOSEI {kind}", f"{labels}.{kind}", _prepared(mosei.prepare), around)
            for kind, around in ((k, partial(seeds.mosei, k)) for k in ("csv", "csd"))
        ),
        Parser("RAVDESS name", "name", _ravdess, _only("name", b"03-01-05-01-01-01-01.wav"), names),
        Parser("table", "table.csv", prepare_table, seeds.table),
        Parser("--map", "map", _map, _only("map", b"angry=ang,disgust="), place="--map"),
    ]


def _directories() -> list[Parser]:
    labels = ("utt2spk", "utt2emo", "spk2group", "spk2gender", "corpus")
    small = ("feats.scp", "utt2num_frames", "utt2uniq", "features.yaml")
    data = ("utt2spk", "spk2utt", "utt2emo", "spk2group", "utt2dur", "segments", "wav.scp")
    table = _only("table", b"a b\nc d e f\n")
    return [
        *(Parser(name, name, _labels, seeds.data) for name in labels),
        Parser("segments", "segments", _sources, seeds.data),
        Parser("wav.scp", "wav.scp", _sources, seeds.data, place=""),  # names the audio file
        *(Parser(name, name, _frames, seeds.dump) for name in (*small, "feats.ark")),
        *(
            Parser(f"dump again {name}", f"dump/{name}", _dump_again, seeds.dumped)
            for name in ("utt2audio", "features.yaml", "skipped")
        ),
        Parser("matrix", "a.ark", _ark(read_matrix), _only("a.ark", seeds.ark()), seeds.arks()),
        Parser(
            "text matrix", "a.ark", _ark(read_matrix), _only("a.ark", b"a  [\n 1 2.5\n 3 4 ]\n")
        ),
        Parser("npy", "a.npy", _array, _only("a.npy", seeds.npy()), (seeds.npy("float16"),)),
        Parser("shape of a matrix", "a.ark", _ark(matrix_shape), _only("a.ark", seeds.ark())),
        Parser("vector", "a.ark", _ark(read_vector), _only("a.ark", seeds.ark(shape=(3,)))),
        Parser("scan", "table", _scan, table, refuses=False),
        *(Parser(f"validate {n}", n, _validate, seeds.data, refuses=False) for n in data),
        *(Parser(f"validate {n}", n, _validate, seeds.dump, refuses=False) for n in small),
    ]


def _trained() -> list[Parser]:
    content = _only("content", seeds.checkpoint())
    pickle = _only("content", seeds.checkpoint_pickle())
    return [
        Parser("config", "conf.yaml", _config, _only("conf.yaml", seeds.config())),
        Parser("models.json", "models.json", read_model_cards, _only("models.json", seeds.cards())),
        Parser("model", seeds.MODEL, _model, seeds.model, (seeds.card_alone(),)),
        Parser("checkpoint", "content", _checkpoint(bytes), content),
        Parser("checkpoint's pickle", "content", _checkpoint(seeds.with_pickle), pickle),
        Parser("train again", "exp/menan_seed0/g01/config.yaml", seeds.train_again, seeds.trained),
        *(Parser(name, name, _score, seeds.hypotheses) for name in ("ref", "hyp")),
        *(
            Parser(f"run {name}", f"{seeds.RUN}/{name}", _runs, seeds.experiment)
            for name in ("config.yaml", "log.jsonl")
        ),
        Parser("heldout.npz", f"{seeds.RUN}/heldout.npz", _runs, seeds.experiment),
        Parser("leakage", "leakage/menan.json", _leakage, seeds.experiment),
        Parser("report", "results.json", _report, _only("results.json", b'{"leakage": []}')),
        Parser("t-SNE", "plane.tsv", _plane, _only("plane.tsv", seeds.plane())),
    ]


def _foreign() -> list[Parser]:
    files = ("v.scp", "v.ark", "text.ark", "v.npz", "each.npz", "v.npy", "v.ids", "v.csv")
    sources = {"v.ids": "v.npy", "labels.csv": "v.npz"}
    return [
        *(
            Parser(f"embeddings {name}", name, _given(sources.get(name, name)), seeds.embeddings)
            for name in (*files, "labels.csv")
        ),
        Parser("embeddings all.csv", "all.csv", _given("all.csv", None), seeds.embeddings),
        Parser("labels utt2spk", "utt2spk", _given("v.npz", ""), seeds.embeddings),
    ]


PARSERS = {
    parser.name: parser
    for group in (
        *(_corpora, audio_parsers.parsers, split_parsers.parsers),
        *(_directories, _trained, _foreign),
    )
    for parser in group()
}
