"""The real files that imports are tried on. They lie beside the repository and are not part of it."""

import os
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data"


def shared_folder() -> Path:
    """The folder of real files. Without it a test is skipped; where ``CI`` is ``true`` it must be there."""
    if not FOLDER.is_dir():
        words = "the real files (../shared/data beside the repository) are not here"
        if os.environ.get("CI") == "true":
            pytest.fail(words)
        pytest.skip(words)
    return FOLDER
