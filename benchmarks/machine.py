"""The machine that a benchmark ran on, in one line."""

import os
import platform
from datetime import date
from pathlib import Path

import torch

from menan.provenance import code_version


def describe(device: torch.device = torch.device("cpu")) -> str:  # noqa: B008
    """Processor, its vector instructions, cores, GPU, versions, date and code."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text(encoding="utf-8").splitlines()
        cpu = next((line.split(": ")[1] for line in lines if line.startswith("model name")), cpu)
    gpu = torch.cuda.get_device_name(device) if device.type == "cuda" else "no GPU used"
    cpu = f"{cpu} with {torch.backends.cpu.get_cpu_capability()}"
    return (
        f"{cpu}, {os.cpu_count()} cores; {gpu}; load {os.getloadavg()[0]:.1f} at the start; "
        f"torch {torch.__version__}, Python {platform.python_version()}; "
        f"{date.today()}, menan {code_version()}"
    )
