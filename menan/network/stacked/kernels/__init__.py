"""The sources of the CPU kernels, which :mod:`menan.network.stacked.compiler` compiles."""
