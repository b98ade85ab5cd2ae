"""Attacks on released embeddings: who speaks, and are two recordings by one speaker?"""
