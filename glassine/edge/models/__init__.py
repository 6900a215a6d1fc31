"""Where the vendored weights, tokenizers and word lists lie on disk. It loads nothing itself."""

from __future__ import annotations

from pathlib import Path


def path(name: str) -> Path:
    """The path of a vendored file, such as `minilm_int8.onnx`; raises FileNotFoundError when the installation lacks it."""
    found = Path(__file__).parent / name
    if not found.is_file():
        raise FileNotFoundError(f"the model file {name} is missing from this installation ({found})")
    return found
