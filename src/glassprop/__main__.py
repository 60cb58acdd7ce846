"""``python -m glassprop``: the command line."""

from glassprop.cli import main

if __name__ == "__main__":
    main()
