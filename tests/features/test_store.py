from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from menan.datadir.archive_writer import ArchiveWriter
from menan.datadir.dump_directory import open_dump
from menan.datadir.tables import read_table, write_table
from menan.errors import InputError
from menan.features import store as store_module
from menan.features.store import FrameStore, frame_bytes, load_block, load_frames


@given(st.lists(st.integers(1, 12), min_size=1, max_size=4), st.integers(1, 40))
def test_cyclic_gather_equals_explicit_repetition(lengths, frames):
    length = torch.tensor(lengths)
    total = int(length.sum())
    store = FrameStore(
        utts=tuple(map(str, range(len(lengths)))),
        frames=torch.arange(total * 3, dtype=torch.float32).reshape(total, 3),
        first=torch.cumsum(length, 0) - length,
        length=length,
    )
    got = store.gather(torch.arange(len(lengths)), frames)
    for i, part in enumerate(store.frames.split(lengths)):
        repeated = part.repeat(-(-frames // len(part)), 1)[:frames]
        assert torch.equal(got[i], repeated)


def test_a_store_has_each_matrix_once_and_as_dumped(make_dump):
    dump = open_dump(make_dump())
    utts = list(dump.scp)[3:6]
    store = load_frames(dump, utts, "cpu")
    assert len(store.frames) == sum(dump.num_frames[utt] for utt in utts)
    last = store.index_of([utts[-1]])
    matrix = store.gather(last, dump.num_frames[utts[-1]])[0]
    assert torch.equal(matrix, store.frames[-len(matrix) :])


def test_mean_and_std_are_those_of_the_chosen_utterances_frames(make_dump):
    dump = open_dump(make_dump())
    utts = list(dump.scp)
    store = load_frames(dump, utts, "cpu")
    store.frames[:, 5] = 7.0  # a constant dimension
    mean, std = store.mean_and_std(torch.tensor([1, 4]))
    rows = np.concatenate(
        [store.gather(torch.tensor([i]), dump.num_frames[utts[i]])[0].numpy() for i in (1, 4)]
    ).astype(np.float64)
    np.testing.assert_allclose(mean, rows.mean(0), rtol=1e-5, atol=1e-6)
    expected = rows.std(0)
    expected[5] = 1.0
    np.testing.assert_allclose(std, expected, rtol=1e-5)


def test_a_matrix_of_another_length_than_announced_is_refused(make_dump):
    feats = make_dump()
    counts = read_table(feats.parent / "utt2num_frames")
    utt = next(iter(counts))
    write_table(feats.parent / "utt2num_frames", {**counts, utt: str(int(counts[utt]) + 1)})
    with pytest.raises(InputError, match=rf"{utt}: matrix of shape .* utt2num_frames"):
        load_frames(open_dump(feats), [utt], "cpu")


def with_one_number(feats, number):
    """A dump in which one matrix is filled with a number, and the utterance of that matrix."""
    dump = open_dump(feats)
    utt = list(dump.scp)[2]
    matrix = np.full((dump.num_frames[utt], 43), number, np.float32)
    with ArchiveWriter(feats.parent, "other") as archive:
        archive.write(utt, matrix)
    scp = read_table(feats)
    write_table(feats, {**scp, utt: read_table(feats.parent / "other.scp")[utt]})
    return open_dump(feats), utt


def test_nan_in_features_is_refused_by_utterance(make_dump):
    dump, utt = with_one_number(make_dump(), np.nan)
    for load in (load_frames, load_block):
        with pytest.raises(InputError, match=rf"{utt}: features contain NaN or Inf"):
            load(dump, [utt], "cpu")


def test_float16_refuses_larger_numbers_by_utterance(make_dump):
    dump, utt = with_one_number(make_dump(), -65504)
    store = load_frames(dump, [utt], "cpu", torch.float16)
    assert store.frames.unique().tolist() == [-65504]
    dump, utt = with_one_number(make_dump("beyond"), -65504.5)
    with pytest.raises(
        InputError, match=rf"{utt}: a feature of size 65504.5, .*store_dtype: float32"
    ):
        load_frames(dump, [utt], "cpu", torch.float16)
    assert load_frames(dump, [utt], "cpu").frames.unique().tolist() == [-65504.5]


def test_float16_rounds_to_nearest_and_keeps_the_digests_of_the_matrices(make_dump):
    dump = open_dump(make_dump())
    utts = list(dump.scp)
    single = load_frames(dump, utts, "cpu")
    half = load_frames(dump, utts, "cpu", torch.float16)
    assert torch.equal(half.frames, single.frames.half())
    assert half.digests == single.digests == load_block(dump, utts, "cpu").digests
    # The normalisation is computed from the stored frames.
    index = torch.arange(len(utts))
    kept = replace(single, frames=half.frames.float())
    assert torch.equal(*(torch.stack(s.mean_and_std(index)) for s in (half, kept)))
    assert not torch.equal(*(torch.stack(s.mean_and_std(index)) for s in (half, single)))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16], ids=str)
def test_size_of_a_store_is_known_before_it_is_made(make_dump, dtype):
    dump = open_dump(make_dump())
    utts = list(dump.scp)[3:6]
    store = load_frames(dump, utts, "cpu", dtype)
    assert frame_bytes(dump, utts, dtype) == store.frames.nbytes


@pytest.mark.parametrize("device", ["cpu", "cuda:1"])
def test_frames_that_exceed_the_memory_are_refused_unread(make_dump, monkeypatch, device):
    dump = open_dump(make_dump())
    utts = list(dump.scp)
    (dump.feats.parent / "feats.ark").unlink()
    monkeypatch.setattr(dump.features.__class__, "dims", 10**7)
    need = sum(dump.num_frames.values()) * 2 * 10**7
    monkeypatch.setattr(store_module, "free_bytes", {device: need}.__getitem__)
    with pytest.raises(InputError) as error:
        load_frames(dump, utts, device, torch.float16)
    size = f"{need / 1e9:.2f} GB"
    cure = "keep them on a disk with --store DIR, " if device == "cpu" else ""
    assert str(error.value) == (
        f"{dump.feats}: the frames of {len(utts)} utterances take {size}, more than 90% of the "
        f"{size} free on {device}; {cure}dump fewer speed copies or fewer utterances, or "
        "use a machine with more memory"
    )


def test_frames_that_just_fit_into_memory_are_read(make_dump, monkeypatch):
    dump = open_dump(make_dump())
    free = 1 + int(frame_bytes(dump, dump.scp) / store_module.STORE_FRACTION)
    monkeypatch.setattr(store_module, "free_bytes", lambda device: free)
    assert len(load_frames(dump, list(dump.scp), "cpu").utts) == len(dump.scp)


def test_frames_are_filled_on_their_device_without_a_copy_on_the_cpu(make_dump, monkeypatch):
    dump = open_dump(make_dump())
    made = []
    empty = torch.empty
    monkeypatch.setattr(torch, "empty", lambda *a, **k: made.append(k) or empty(*a, **k))
    store = load_frames(dump, list(dump.scp), "meta")
    assert [options["device"] for options in made] == ["meta"]
    assert store.frames.device.type == store.first.device.type == "meta"


def test_feats_scp_and_labels_must_name_the_same_utterances(make_dump):
    feats = make_dump()
    scp = read_table(feats)
    removed = scp.popitem()[0]
    write_table(feats, scp)
    with pytest.raises(
        InputError, match=rf"lacks 1 of 32 utterances in utt2spk, such as '{removed}'"
    ):
        open_dump(feats)


@pytest.mark.parametrize("text", ["", "features: 3\n", "[1, 2]\n", "features: {second: 3}\n"])
def test_damaged_features_yaml_is_refused(make_dump, text):
    feats = make_dump()
    (feats.parent / "features.yaml").write_text(text)
    with pytest.raises(InputError, match=r"features\.yaml"):
        open_dump(feats)
