"""Where `tracker` starts. `--version` is answered before anything is imported that costs time."""

import sys

from tracker import __version__


def main() -> None:
    if sys.argv[1:] == ["--version"]:
        print(f"tracker {__version__}")
        return
    from tracker.cli import run

    run()


if __name__ == "__main__":
    main()
