"""The `quen` command. Errors say what is wrong, where, and what to do; exit status 0 only on success."""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from quen import __version__
from quen.errors import QuenError

# Slices with commands of their own: each has `commands.register(subparsers)`.
_SLICES = ("server_commands", "backup", "exports", "connectors", "duplicates", "demo", "bench")


def main(argv: list[str] | None = None) -> int:
    arguments = build_parser().parse_args(argv)
    if getattr(arguments, "data", None):
        os.environ["QUEN_DATA_DIR"] = str(Path(arguments.data).absolute())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quen.settings")
    try:
        return int(arguments.run(arguments) or 0)
    except QuenError as error:
        print(f"quen: {error.message}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def build_parser() -> argparse.ArgumentParser:
    """The whole command line; the reference page is made from it."""
    parser = argparse.ArgumentParser(prog="quen", description="Quen, a customer data platform.")
    parser.add_argument("--version", action="version", version=f"quen {__version__}")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in _SLICES:
        module = f"quen.{name}" if name == "server_commands" else f"quen.{name}.commands"
        if find_spec(module) is not None:
            import_module(module).register(subparsers)
    return parser


if __name__ == "__main__":
    sys.exit(main())
