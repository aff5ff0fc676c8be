"""Write docs/reference/ from the code: settings, commands, roles, drop reasons, rule operators.

.venv/bin/python docs/generate.py            write the pages
.venv/bin/python docs/generate.py --check    exit 1 and name the stale ones
"""

from __future__ import annotations

import argparse
import inspect
import json
import os
import re
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path

REFERENCE = Path(__file__).resolve().parent / "reference"
NOTE = "<!-- Made by docs/generate.py: change the code, then run it. -->\n"


def settings_page() -> str:
    from quen.config import SETTINGS

    rows = [
        (f"`QUEN_{s.name}`", _default(s.default), s.description + (" *Secret: never shown.*" if s.secret else ""))
        for s in SETTINGS
    ]
    intro = _prose(
        "A setting comes from the environment (`QUEN_NAME`), else from `quen.toml` in the data directory (the name in"
        ' lower case: `smtp_url = "smtp://localhost:25"`), else it is the default. The data directory itself is'
        " `--data`, else `QUEN_DATA_DIR`, else `./quen-data`. A wrong value or an unknown name stops Quen with a"
        " message that names it."
    )
    return "# Settings\n\n" + intro + _table(("Setting", "Default", "What it does"), rows)


def roles_page() -> str:
    from quen.accounts.roles import CAPABILITIES, ROLE_DESCRIPTIONS, ROLE_NAMES, ROLES

    described = [(f"`{role}`", str(ROLE_NAMES[role]), str(ROLE_DESCRIPTIONS[role])) for role in ROLES]
    held = [(f"`{c}`", *("yes" if c in ROLES[role] else "" for role in ROLES)) for c in sorted(CAPABILITIES)]
    return (
        "# Roles\n\n"
        + _prose(
            "People and API keys have one role. Pages and API operations ask for a capability, which some roles have."
        )
        + _table(("Role", "Name", "What it may do"), described)
        + "\n"
        + _table(("Capability", *(f"`{role}`" for role in ROLES)), held)
    )


def drop_reasons_page() -> str:
    from quen.protocol import messages

    comments = dict(re.findall(r'[A-Z_]+ = "(\w+)"(?:  # (.*))?', inspect.getsource(messages.DropReason)))
    rows = [(f"`{reason.value}`", comments.get(reason.value, "")) for reason in messages.DropReason]
    intro = _prose(
        "Every one but `duplicate` and `source_disabled` is kept in quarantine (*Data → Quarantine*): each message as"
        " it came, with its reason, to be replayed after a fix."
    )
    return "# Why an event is not stored\n\n" + intro + _table(("Reason", "What it says"), rows)


def operators_page() -> str:
    from quen.segments.operators import OPERATORS

    rows = []
    for operator in OPERATORS.values():
        module = inspect.getmodule(type(operator))
        meaning = (inspect.getdoc(module) or "").splitlines()[0].partition(": ")[2]
        fields, value, holds = operator.examples[0]
        example = json.dumps({"op": operator.name, **fields}, ensure_ascii=False)
        said = f"`{example}` {'holds' if holds else 'does not hold'} for {_value(value)}"
        rows.append((f"`{operator.name}`", meaning, said))
    intro = _prose(
        'For traits (`{"trait": "city", "op": "eq", "value": "Hà Nội"}`), for the properties of events in `where`, and'
        " for the values of `first` and `last`. How rules are put together: [Segments and their rules](rules.md)."
    )
    return "# Operators of a rule\n\n" + intro + _table(("Operator", "Meaning", "Example"), rows)


def computed_traits_page() -> str:
    from quen.computed.kinds import KINDS

    parts = [
        "# Kinds of computed traits\n",
        _prose(
            "What each kind gives and asks for. A spec is its fields with its `kind`; every value has one meaning,"
            " live and in SQL. How to make one: [Compute traits of people](../how-to/computed-traits.md)."
        ),
    ]
    for kind in KINDS.values():
        parts.append(
            f"## {kind.label['en']}\n\n`{kind.name}`, gives {_GIVES[kind.gives]}.\n\n{_prose(kind.help['en'])}"
        )
        fields = []
        for field in (f for f in kind.fields if f.kind != "made"):
            name = "`within` or `between`" if field.key == "window" else f"`{field.key}`"
            takes = ", ".join(f"`{value}`" for value, _ in field.choices) or "; ".join(
                filter(None, (_TAKES.get(field.kind, ""), field.help["en"]))
            )
            fields.append((name, field.label["en"], takes, "" if field.required else "optional"))
        parts.append(_table(("Field", "Name", "What it takes", ""), fields))
        if kind.parts:
            said = [f"`{part}` {label['en']}" for part, (label, _) in kind.parts.items()]
            parts.append(_prose("Parts, which rules name as `computed.NAME.PART`: " + ", ".join(said) + "."))
    return "\n".join(parts)


_GIVES = {
    "number": "a number",
    "text": "a text",
    "value": "a text, a number, or true or false",
    "list": "a list of texts",
    "object": "an object of several values",
}
_TAKES = {
    "event": "the name of an event, or a list of up to 10",
    "property": "the name of a property; `a.b` for one inside another",
    "window": "a duration (`30d`) or two dates; neither: ever",
    "where": "conditions on the properties of an event, as in [rules](rules.md)",
    "duration": "a duration (`30d`)",
    "flag": "`true` or `false`; usually true",
    "rfm_thresholds": "for `thresholds`: `recency` (four durations), `frequency`, `monetary` (four numbers), ascending",
    "rfm_groups": 'rows `{"group": "loyal", "r": [3, 5], "f": [4, 5], "m": [1, 5]}`: see'
    " [score customers](../how-to/score-customers.md)",
}


def steps_page() -> str:
    from quen.journeys.steps import step_kinds

    parts = ["# Steps of a journey\n", "What each step does, what it asks for, and the words that are counted on it.\n"]
    for kind in step_kinds().values():
        parts.append(f"## {kind.title}\n\n`{kind.type}`. {kind.help}\n")
        fields = [(f"`{f.name}`", str(f.label), str(f.help), "" if f.required else "optional") for f in kind.fields]
        if fields:
            parts.append(_table(("Field", "Name", "What it takes", ""), fields))
        if kind.outcomes:
            parts.append("Outcomes: " + ", ".join(f"`{word}` {label}" for word, label in kind.outcomes.items()) + ".\n")
    return "\n".join(parts)


def operations_page() -> str:
    from quen.web.api import api

    paths = api.get_openapi_schema(path_prefix="/api/v1/")["paths"]
    rows: dict[str, list[tuple[str, str]]] = {}
    for path, operations in paths.items():
        for method, operation in operations.items():
            text = ". ".join(filter(None, [operation["summary"], operation.get("description")]))
            rows.setdefault(operation.get("tags", ["other"])[0], []).append((f"`{method.upper()} {path}`", text))
    intro = _prose(
        "All operations; their parameters and shapes are in the OpenAPI document at `/api/v1/openapi.json`. What they"
        " have in common is in [JSON API](json-api.md)."
    )
    tables = (f"\n## {tag}\n\n" + _table(("Operation", "What it does"), found) for tag, found in sorted(rows.items()))
    return "# Operations of the JSON API\n\n" + intro.rstrip("\n") + "\n" + "".join(tables)


def retention_page() -> str:
    from quen.config import SETTINGS
    from quen.engine import bounds

    defaults = {s.name: s.default for s in SETTINGS}

    def said(by: str) -> str:
        return re.sub(r"\{([A-Z_]+)\}", lambda m: f"{defaults[m[1]]} (`{m[1]}`)", by)

    intro = _prose(
        "Nothing grows without bound, but for what you want to keep: each table and file of Quen with what bounds it."
        " Numbers in days are settings; the number is the default. What is deleted goes a little at a time between two"
        " batches; the files keep their size and use the room again."
    )
    text = "# What is kept, and how long\n\n" + intro
    for title, rows in (("State", bounds.STATE), ("Events", bounds.EVENTS), ("Files", bounds.FILES)):
        cells = [(", ".join(f"`{name}`" for name in bound.stores), said(bound.by)) for bound in rows]
        text += f"## {title}\n\n" + _table(("Store", "Bounded"), cells) + "\n"
    return text.rstrip("\n") + "\n"


def commands_page() -> str:
    from quen.cli import build_parser

    parser = build_parser()
    parts = ["# Commands\n", "`quen COMMAND --help` says the same.\n"]
    for name, command in _subcommands(parser):
        parts.append(f"## quen {name}\n")
        if text := command.description or command.format_usage():
            parts.append(text.strip() + "\n" if command.description else "")
        shown = (_argument(action) for action in command._actions if action.help != argparse.SUPPRESS)
        rows = [row for row in shown if row is not None]
        if rows:
            parts.append(_table(("Argument", "Default", "What it does"), rows))
    return "\n".join(part for part in parts if part)


def _subcommands(parser: argparse.ArgumentParser, prefix: str = "") -> Iterable[tuple[str, argparse.ArgumentParser]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, command in action.choices.items():
                nested = list(_subcommands(command, f"{prefix}{name} "))
                yield from nested or [(f"{prefix}{name}", command)]


def _argument(action: argparse.Action) -> tuple[str, str, str] | None:
    if isinstance(action, argparse._HelpAction | argparse._SubParsersAction):
        return None
    names = ", ".join(action.option_strings) or action.dest
    takes = "" if action.nargs == 0 or not action.option_strings else f" {action.metavar or action.dest.upper()}"
    choices = f" One of {', '.join(f'`{c}`' for c in action.choices)}." if action.choices else ""
    default = "" if action.default in (None, False, argparse.SUPPRESS) else f"`{action.default}`"
    text = (action.help or "").replace("%(default)s", str(action.default))
    text += "." if choices and not text.endswith(".") else ""
    return f"`{names}{takes}`", "required" if action.required and action.option_strings else default, text + choices


PAGES: dict[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "commands.md": commands_page,
    "roles.md": roles_page,
    "drop-reasons.md": drop_reasons_page,
    "operators.md": operators_page,
    "computed-traits.md": computed_traits_page,
    "steps.md": steps_page,
    "operations.md": operations_page,
    "retention.md": retention_page,
}


def _prose(text: str) -> str:
    return textwrap.fill(text, 118, break_long_words=False, break_on_hyphens=False) + "\n\n"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |\n" for line in lines
    )


def _default(value: object) -> str:
    return "" if value == "" else f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _value(value: object) -> str:
    return "a missing value" if value is None else f"`{json.dumps(value, ensure_ascii=False)}`"


def main() -> int:
    check = "--check" in sys.argv[1:]
    stale = []
    for name, make in PAGES.items():
        path, text = REFERENCE / name, NOTE + make()
        if not path.exists() or path.read_text("utf-8") != text:
            stale.append(name)
            if not check:
                path.write_text(text, "utf-8")
    for name in stale:
        print(f"docs/reference/{name}: {'stale, run docs/generate.py' if check else 'written'}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as data_dir:
        # The same pages whatever the caller's settings are.
        for name in [name for name in os.environ if name.startswith("QUEN_")]:
            del os.environ[name]
        os.environ |= {"QUEN_DATA_DIR": data_dir, "DJANGO_SETTINGS_MODULE": "quen.settings"}
        import django

        django.setup()
        from django.utils import translation

        with translation.override("en"):
            sys.exit(main())
