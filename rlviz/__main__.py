"""`python -m rlviz`: the engine without a browser, and the application itself."""

from __future__ import annotations

import sys

from rlviz.command_line import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
