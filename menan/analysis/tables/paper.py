"""The paper's own figures, for a column beside ours (Li et al., ICASSP 2020)."""

# Table 2, %: validation, test and their difference as printed. The WA difference of ec is
# printed -2.56; 55.92 - 58.50 is -2.58.
TABLE2_WA = {
    "ec": (58.50, 55.92, -2.56),
    "mtl": (59.24, 55.90, -3.34),
    "dat": (58.28, 56.68, -1.60),
    "menan": (58.85, 58.62, -0.23),
}
TABLE2_UA = {
    "ec": (59.94, 57.45, -2.49),
    "mtl": (60.52, 57.28, -3.24),
    "dat": (60.16, 58.48, -1.68),
    "menan": (60.24, 59.91, -0.33),
}

# Table 3, % on CMU-MOSEI: mean, minimum and maximum over the ten fold models.
TABLE3 = {
    "ec": (31.35, 27.14, 34.96),
    "dat": (32.34, 25.91, 37.85),
    "menan": (33.24, 28.84, 39.85),
}
