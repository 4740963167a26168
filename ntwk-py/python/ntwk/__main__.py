"""``python -m ntwk``: the command line program."""

from ntwk._command_line import main

main()
