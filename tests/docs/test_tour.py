"""The notebook runs from top to bottom."""

from pathlib import Path

import nbclient
import nbformat

TOUR = Path(__file__).resolve().parents[2] / "docs" / "tour.ipynb"


def test_the_tour_runs(tmp_path):
    notebook = nbformat.read(TOUR, as_version=4)
    nbclient.NotebookClient(
        notebook, timeout=120, resources={"metadata": {"path": tmp_path}}
    ).execute()
    outputs = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]
    printed = ["".join(out.get("text", "") for out in cell) for cell in outputs]
    assert "windows; 0.0 to" in printed[1]
    assert any("image/png" in out.get("data", {}) for out in outputs[2])
    assert "speaker accuracy" in printed[3]


def test_the_tour_is_kept_without_outputs():
    notebook = nbformat.read(TOUR, as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells)
