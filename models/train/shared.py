"""What the training shares with models/export: sets, windows, measures, the model.

Import this module before those; it puts their folder on the path.
"""

from __future__ import annotations

import sys
from pathlib import Path

EXPORT = Path(__file__).resolve().parents[1] / "export"
if str(EXPORT) not in sys.path:
    sys.path.append(str(EXPORT))
