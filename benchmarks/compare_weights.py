"""Whether two experiments have the same weights, to the bit: before and after a change of the code.

python -m benchmarks.compare_weights EXP_BEFORE EXP_AFTER
"""

import sys
from pathlib import Path

import torch
from safetensors.torch import load_file


def main() -> None:
    before, after = map(Path, sys.argv[1:])
    names = {str(path.relative_to(before)) for path in before.rglob("*.safetensors")}
    others = {str(path.relative_to(after)) for path in after.rglob("*.safetensors")}
    if not names or names != others:
        raise SystemExit(f"{len(names)} and {len(others)} models, {len(names & others)} in both")
    numbers, different = 0, []
    for name in sorted(names):
        first, second = load_file(before / name), load_file(after / name)
        numbers += sum(tensor.numel() for tensor in first.values())
        if first.keys() != second.keys() or not all(
            torch.equal(first[key], second[key]) for key in first
        ):
            different.append(name)
    print(f"{len(names)} models with {numbers} numbers: {len(different)} models differ")
    for name in different[:10]:
        print(f"  {name}")
    raise SystemExit(bool(different))


if __name__ == "__main__":
    main()
