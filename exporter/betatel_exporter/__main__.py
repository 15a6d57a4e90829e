"""The command betatel-exporter, also as python -m betatel_exporter."""

import sys

from betatel_exporter.cli import main

if __name__ == "__main__":
    sys.exit(main())
