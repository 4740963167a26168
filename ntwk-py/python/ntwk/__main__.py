"""``python -m ntwk``: the command line program."""

from ntwk._command_line import main

if __name__ == "__main__":
    main()
