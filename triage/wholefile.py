"""Files that are there whole or not at all, whoever reads them and whenever the power fails."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write beside the place and rename: nobody sees half a file. Readable by its owner alone. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(handle)  # its name must not outlive a power cut that its bytes did not
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
