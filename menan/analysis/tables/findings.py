"""What the figures say, in sentences made from them: also where the paper's system does not win."""

from typing import Any

from menan.analysis.leakage.names import system_label
from menan.analysis.leakage.probes import PROBES

SYSTEM = "menan"
LEVEL = 0.05


def findings(results: dict[str, Any]) -> list[str]:
    """Sentences on accuracy and leakage of ``menan`` against its rivals."""
    table = results.get("table2")
    if table is None or SYSTEM not in table["systems"]:
        return []
    return [*_accuracy(table), *_leakage(results.get("leakage", []), table)]


def strongest_probe(leakage: dict[str, Any], embedding: str = "v") -> tuple[str, float]:
    """Name and accuracy (0 to 1) of the fresh probe that reads the training speakers best."""
    probes = leakage["sets"]["train"]["embeddings"][embedding]
    best = max(PROBES, key=lambda name: probes[name]["accuracy"])
    return best, probes[best]["accuracy"]


def _accuracy(table: dict[str, Any]) -> list[str]:
    sentences = []
    for row in table["comparisons"]:
        if row["measure"] != "ua" or SYSTEM not in (row["a"], row["b"]):
            continue
        rival = row["b"] if row["a"] == SYSTEM else row["a"]
        difference = row["difference"] if row["a"] == SYSTEM else -row["difference"]
        if row["p_holm"] < LEVEL:
            verdict = "above" if difference > 0 else "below"
        else:
            verdict = "not distinguishable from"
        sentences.append(
            f"Test UA of `{SYSTEM}` is {verdict} that of `{rival}`: difference "
            f"{difference:+.2f} points, p {row['p_holm']:.3f} (Holm)."
        )
    return sentences


def _leakage(leakages: list[dict[str, Any]], table: dict[str, Any]) -> list[str]:
    by_system: dict[tuple[str, str, int], list[dict[str, Any]]] = {}
    for leakage in leakages:
        if "train" in leakage["sets"]:
            key = (leakage["objective"], leakage["bottleneck"], leakage["draws"])
            by_system.setdefault(key, []).append(leakage)
    sentences = []
    for key, of_system in by_system.items():
        best = [strongest_probe(leakage) for leakage in of_system]
        accuracy = 100 * sum(value for _, value in best) / len(best)
        chance = 100 * of_system[0]["sets"]["train"]["chance"]
        adversary = table["systems"][key[0]]["adversary"]["accuracy"]
        if accuracy > 2 * chance:
            verdict = "The speaker is not gone from v"
        else:
            verdict = "These probes find hardly anything of the speaker in v"
        sentences.append(
            f"`{system_label(*key)}`: its own speaker classifier names {adversary:.1f} % of the "
            f"training speakers' utterances rightly, the strongest fresh probe {accuracy:.1f} % "
            f"(chance {chance:.1f} %). {verdict}."
        )
    return sentences
