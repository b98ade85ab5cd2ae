"""The sources of the CPU kernels, which :mod:`menan.engine.stacked.compiler` compiles."""
