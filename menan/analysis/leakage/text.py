"""A leakage result as a short table to read."""

from typing import Any

from menan.analysis.leakage.names import system_label
from menan.analysis.leakage.probes import PROBES
from menan.scoring.score import percent


def leakage_text(result: dict[str, Any]) -> str:
    """A block for each set: chance and floor, then a line for each representation."""
    system = "embeddings without a model card"
    if result["objective"]:
        name = system_label(result["objective"], result["bottleneck"], result["draws"])
        system = f"{name}, seed {result['seed']}, {result['rule']}, lambda {result['lambda']}"
    lines = [f"{system}: {len(result['groups'])} network(s)"]
    for name, of in result["sets"].items():
        lines += [
            "",
            f"{name}: {of['speakers']:g} speakers, {of['utterances']:g} utterances; chance "
            f"{percent(of['chance'])} %, uniform {of['uniform_nats']:.3f} nats, knowing the "
            f"emotion {of['floor_nats']:.3f} nats",
            f"{'speaker accuracy %':<20}"
            + "".join(f"{probe:>8} {'[95 %]':<14}" for probe in PROBES)
            + f"{'linear nats':>11} {'EER %':>6} {'gender %':>9}",
        ]
        lines += [_row(embedding, found) for embedding, found in of["embeddings"].items()]
    return "\n".join(lines)


def _row(embedding: str, found: dict[str, Any]) -> str:
    cells = [f"  {embedding:<18}"]
    for probe in PROBES:
        low, high = found[probe]["interval"]
        interval = f"[{100 * low:.1f}, {100 * high:.1f}]"
        cells.append(f"{percent(found[probe]['accuracy']):>8} {interval:<14}")
    gender = found["gender"] and found["gender"]["accuracy"]
    cells.append(f"{found['linear']['cross_entropy']:>11.3f} {percent(found['eer']):>6}")
    cells.append(f" {percent(gender):>9}")
    return "".join(cells)
