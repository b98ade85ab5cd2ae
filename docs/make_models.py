"""Write docs/models.md from the cards of the models that come with menan.

    python docs/make_models.py

tests/docs/test_models_page.py fails when the page is out of date.
"""

from pathlib import Path

from menan.model.model_file import load_model
from menan.settings import BottleneckSettings
from menan.shipped import DEFAULT, shipped_models

PAGE = Path(__file__).resolve().parent / "models.md"

INTRODUCTION = f"""\
<!-- Made by docs/make_models.py from the cards of the models. -->

# Models to try

These models come with menan. `menan-predict my.wav` uses `{DEFAULT}`; any command takes the others
by name: `menan-predict --model ravdess-logmel my.wav`. They show how menan is used. 24 actors in a
studio are too few for a model that serves you, so train on data like yours.

`ravdess-whisper` hides the speaker from embeddings ([speaker invariance](invariance.md)). Its
features are those of Whisper base (extra `pretrained`), which is fetched from the hub or named:
`menan-predict --model ravdess-whisper --pretrained DIR my.wav`. `ravdess-logmel` has no pitch, so
that it [can be exported with its features](deploy.md).

`egs/ravdess/models.sh` makes them.
"""


def page() -> str:
    """The text of docs/models.md."""
    return "\n".join([INTRODUCTION, *map(_section, shipped_models())])


def _section(name: str) -> str:
    path = shipped_models()[name]
    _, card = load_model(path)
    about = card.description
    assert about is not None, f"{path}: published by menan-publish"
    low, high = (100 * bound for bound in about.ua_interval)
    rows = {
        "corpus": about.corpus,
        "licence": about.licence,
        "not for": about.not_for,
        "emotions": ", ".join(card.emotions),
        "features": f"{card.features.name}, {card.features.dims} columns",
        "seconds of its input": f"{card.features.seconds:g}",
        "encoder, bottleneck": f"{card.model.encoder.name}, {_named(card.model.bottleneck)}",
        "objective": card.objective.name,
        "training speakers": str(len(card.speakers)),
        "UA on unseen speakers": f"{100 * about.ua:.1f} % [{low:.1f}, {high:.1f}]",
        "measured as": about.protocol,
        "size": f"{path.stat().st_size / 1000:.0f} kB",
    }
    table = "\n".join(f"| {name} | {value} |" for name, value in rows.items())
    return f"## `{name}`\n\n| | |\n| :-- | :-- |\n{table}\n"


def _named(bottleneck: BottleneckSettings) -> str:
    return bottleneck.label or bottleneck.name


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)
