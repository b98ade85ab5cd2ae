"""Write docs/commands.md from the ``--help`` of every command.

    python docs/make_commands.py

tests/docs/test_commands_page.py fails when the page is out of date.
"""

from importlib import import_module
from pathlib import Path

import typer

from menan_bin.command import command_of

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "commands.md"
COLUMNS = 100  # width of the help texts

# The commands by what they are for, in the order in which a recipe runs them.
GROUPS = {
    "Data": ("prepare", "synthesize", "validate", "folds"),
    "Features": ("dump",),
    "Training": ("train",),
    "Inference and scoring": ("infer", "score", "predict", "export"),
    "Analysis": ("probe", "attack", "tsne", "front", "results", "publish"),
}

INTRODUCTION = """\
<!-- Made by docs/make_commands.py from the commands' --help. Edit the help texts, then run it. -->

# Commands

menan reads and writes plain files, and each step is one command. This page has the `--help` of
every command.

- Options are spelled with `-` or `_` alike: `--hold-out` and `--hold_out` are the same.
- Switches take `true` or `false`, as in Kaldi: `--resume false`.
- Wrong input gives one line that names the file, the place in it and the cure, and exit status 1.
- Existing results are reused: finished parts of a dump, the last checkpoint of a run, complete
  outputs. If the configuration, the data or the code have changed since, the command stops and
  names the difference.
- Commands can be interrupted at any time and run again. Exit status 130 stands for Ctrl-C, 143 for
  SIGTERM.

The commands hand these files to each other:

```text
release --menan-prepare--> DATA/    wav.scp segments utt2spk spk2utt utt2emo emotions spk2gender
                                    spk2group utt2dur text utt2intensity corpus made_from.yaml
DATA    --menan-folds----> DATA/    folds.tsv
DATA    --menan-dump-----> DUMP/    feats.scp feats.N.ark utt2num_frames utt2uniq utt2audio
                                    features.yaml, and the label files of DATA
DUMP    --menan-train----> EXP/     <objective>[-<settings>]_seed<k>/<held-out group>/ with
                                    config.yaml log.jsonl checkpoint.pt heldout.npz
                                    <fold>.<rule>.safetensors
DUMP    --menan-infer----> OUT/     posteriors.{ark,scp} embeddings.{ark,scp} utt2emo models.json
OUT     --menan-score----> report   WA, UA, recall, confusion, by speaker and gender; --json
OUT     --menan-probe----> JSON     what fresh probes can read of the speaker
EXP     --menan-attack---> JSON     what attackers learn, from 1 to all utterances
OUT     --menan-tsne-----> figure   embeddings in the plane: PNG, PDF, TSV
EXP     --menan-results--> report   RESULTS.md, results.json, report.html
```
"""


def page() -> str:
    """The text of docs/commands.md."""
    parts = [INTRODUCTION]
    for title, names in GROUPS.items():
        parts.append(f"## {title}\n")
        parts += [_section(name) for name in names]
    return "\n".join(parts)


def _section(name: str) -> str:
    module = import_module(f"menan_bin.menan_{name}")
    command = command_of(module.app)
    with command.make_context(f"menan-{name}", [], resilient_parsing=True) as context:
        texts = [_help(context)]
        for subcommand in getattr(command, "commands", {}).values():
            arguments = {"parent": context, "resilient_parsing": True}
            with subcommand.make_context(subcommand.name, [], **arguments) as inner:
                texts.append(_help(inner))
    blocks = "\n".join(f"```text\n{text}\n```\n" for text in texts)
    return f"### menan-{name}\n\n{blocks}"


def _help(context: typer.Context) -> str:
    context.terminal_width = context.max_content_width = COLUMNS
    return "\n".join(line.rstrip() for line in context.get_help().strip().splitlines())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)
