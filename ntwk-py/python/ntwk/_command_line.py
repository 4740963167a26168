"""The program ``ntwk``: the same as the one built from Rust alone."""

from __future__ import annotations

import sys

from ntwk import _ntwk


def main() -> None:
    """Runs the command line program with the arguments of the process."""
    sys.exit(_ntwk.command_line(["ntwk", *sys.argv[1:]]))


if __name__ == "__main__":
    main()
