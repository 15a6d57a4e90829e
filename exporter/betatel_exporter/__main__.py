"""The command betatel-exporter, also as python -m betatel_exporter."""

import os
import sys

# ruff: noqa: PLC0415


def main() -> int:
    """The exit code of the command line."""
    if sys.argv[1:2] == ["healthcheck"]:  # before cli, which imports the settings model
        from betatel_exporter.commands import healthcheck

        return healthcheck.main(sys.argv[2:], os.environ)
    from betatel_exporter import cli

    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
