"""`python -m rlviz`: the engine without a browser, and the application itself."""

from __future__ import annotations

import os
import sys

from rlviz.command_line import main
from rlviz.runs.environment import ONE_THREAD

if __name__ == "__main__":
    # Before numpy and torch are loaded, which each command does when it needs them.
    os.environ |= ONE_THREAD | os.environ
    sys.exit(main(sys.argv[1:]))
