# An image for CPUs with menan's commands, installed as README.md says:
#   docker build -t menan .
#   docker run --rm -v "$PWD:/data" menan menan-predict /data/my.wav
FROM python:3.11-slim-bookworm

# The C++ compiler of the training kernels. They are compiled on first use, for the processor at hand.
RUN apt-get update \
 && apt-get install -y --no-install-recommends g++ \
 && rm -rf /var/lib/apt/lists/*

# PyTorch's builds for CPUs: those on PyPI contain CUDA on x86, several gigabytes. pip prefers 2.11.0+cpu of this index to
# 2.11.0. "--build-arg PIP_EXTRA_INDEX_URL=" takes PyPI alone.
ARG PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu
ARG PIP_NO_CACHE_DIR=1

# The dependencies first, with empty packages in place of menan's, so that they stay in Docker's cache while the code changes.
WORKDIR /opt/menan
COPY setup.py pyproject.toml ./
COPY menan/__init__.py menan/__init__.py
RUN mkdir bin utils \
 && touch README.md bin/__init__.py utils/__init__.py \
 && pip install . \
 && rm -r build

COPY . .
RUN pip install --no-deps .

RUN useradd --create-home --uid 1000 menan
USER menan
# Compiled kernels and fonts, also for a user without a home (docker run --user).
ENV XDG_CACHE_HOME=/tmp/cache MPLCONFIGDIR=/tmp/cache/matplotlib
WORKDIR /data
CMD ["menan-predict", "--help"]
