"""Work on many files in a process of its own: in the app's, each would wait for the interpreter that the engine keeps.

The other process runs `python -m quen.backup.apart TASK`, reads its arguments as JSON from stdin, and writes lines of
JSON: `{"say": [stage, done, of]}`, and at the end `{"result": …}` or `{"error": …, "retryable": …}`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

from quen.backup.files import Say
from quen.errors import PermanentError, QuenError, TemporaryError

_encode, _decode = msgspec.json.Encoder().encode, msgspec.json.Decoder().decode


def run(task: str, arguments: dict[str, Any], say: Say) -> Any:
    """What the task came to. Raises QuenError; the process ends with whoever waits for it."""
    with subprocess.Popen(
        [sys.executable, "-m", "quen.backup.apart", task],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        try:
            process.stdin.write(_encode(arguments))
            process.stdin.close()
            for line in process.stdout:
                told = _decode(line)
                if "say" in told:
                    say(*told["say"])
                elif "result" in told:
                    return told["result"]
                else:
                    raise (TemporaryError if told["retryable"] else PermanentError)(told["error"])
        except BaseException:
            process.kill()
            raise
        problem = process.stderr.read().decode("utf-8", "replace").strip()
    raise PermanentError(f"the process that {task}s the files ended: {problem[-500:]}")


def main(task: str) -> None:
    from quen.backup import checking, files

    def tell(**said: Any) -> None:
        sys.stdout.buffer.write(_encode(said) + b"\n")
        sys.stdout.buffer.flush()

    def say(stage: str, done: int, of: int) -> None:
        tell(say=[stage, done, of])

    given = _decode(sys.stdin.buffer.read())
    try:
        if task == "copy":
            staging = Path(given["staging"])
            files.link_parts([(Path(part), staging / name) for part, name in given["parts"].items()])
            tell(result=files.copy_tree(staging, Path(given["target"]), "events", say))
        else:
            tell(result=[finding._asdict() for finding in checking.check(Path(given["directory"]), say)])
    except QuenError as error:
        tell(error=error.message, retryable=error.retryable)
    except OSError as error:
        tell(error=str(error), retryable=False)


if __name__ == "__main__":
    from quen.processes import die_with_parent

    die_with_parent()
    main(sys.argv[1])
