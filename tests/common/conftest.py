from __future__ import annotations

import sys
from pathlib import Path

# The strategies are shared by several test files of this folder.
sys.path.insert(0, str(Path(__file__).parent))
