"""Compare glassprop with PyTorch: ``python benchmarks/agreement [--write]``.

It needs PyTorch 2.13.0, in an environment of its own; README.md says how to make it.
``--write`` keeps some of PyTorch's numbers in pytorch.json, for the tests.
"""

import argparse
import sys
from pathlib import Path


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare glassprop with PyTorch.")
    parser.add_argument(
        "--write", action="store_true", help="keep some numbers for the tests"
    )
    write = parser.parse_args().write
    sys.path[0] = str(Path(__file__).parents[1])  # where this package stands
    from agreement.report import run

    return int(run(write=write) > 0)


if __name__ == "__main__":
    sys.exit(main())
