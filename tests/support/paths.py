"""Places in the repository."""

from tools.paths import ROOT

__all__ = ["PACKAGE", "ROOT"]

PACKAGE = ROOT / "exporter" / "betatel_exporter"
