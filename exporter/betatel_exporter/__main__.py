"""python -m betatel_exporter."""

import sys

from betatel_exporter.cli import main

sys.exit(main())
