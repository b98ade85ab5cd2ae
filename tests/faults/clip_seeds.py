"""Valid examples of corpora of clips, small: what mutations start from."""

import json
from pathlib import Path

from tests.faults import seeds


def emobox(root: Path) -> None:
    """A manifest of two utterances with a label map and one fold."""
    folder = root / "data/tess"
    (folder / "fold_1").mkdir(parents=True)
    names = ("OAF_lid_sad", "YAF_lid_ps")
    lines = [
        json.dumps(
            {"key": f"tess-{n}", "wav": f"downloads/tess/{n}.wav", "emo": n[8:], "spk": "x"}
            | {"start_time": 0.0, "end_time": 0.2}
        )
        for n in names
    ]
    (folder / "tess.jsonl").write_text("\n".join(lines) + "\n")
    (folder / "label_map.json").write_text('{"sad": "Sad", "ps": "Surprise"}')
    for part, line in zip(("train", "test"), lines, strict=True):
        (folder / f"fold_1/tess_{part}_fold_1.jsonl").write_text(line + "\n")
    for name in names:
        (root / "downloads/tess").mkdir(parents=True, exist_ok=True)
        (root / f"downloads/tess/{name}.wav").write_bytes(seeds.audio())


def clips(root: Path) -> None:
    """MELD, MSP-Podcast and CREMA-D, of one clip each, side by side."""
    for name in ("train/dia0_utt0", "Audios/M_0001_0001", "AudioWAV/1001_DFA_ANG_XX"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / f"{name}.wav").write_bytes(seeds.audio())
    for name, text in (
        (
            "train_sent_emo.csv",
            "Sr No.,Utterance,Speaker,Emotion,Dialogue_ID,Utterance_ID\n1,Hi.,Ross,joy,0,0\n",
        ),
        (
            "Labels/labels_consensus.csv",
            "FileName,EmoClass,SpkrID,Gender,Split_Set\nM_0001_0001.wav,A,7,Male,Train\n",
        ),
        ("VideoDemographics.csv", "ActorID,Age,Sex\n1001,30,Male\n"),
        (
            "processedResults/summaryTable.csv",
            '"","FileName","VoiceVote"\n"1","1001_DFA_ANG_XX","A"\n',
        ),
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
