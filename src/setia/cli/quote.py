"""Say what a basket would bring under a programme file, without any database."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
import yaml

from setia.cli._diagnostics import ProgrammeFileError, load_good
from setia.cli.explain import Language
from setia.flow.explain import Case, explain
from setia.flow.memory import MemoryBook
from setia.flow.work import Version
from setia.language.bodies import parse_body
from setia.language.model import Programme
from setia.values.codes import Built


def run(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The programme's file.")],
    basket: Annotated[
        str,
        typer.Option(
            "--basket",
            "-b",
            metavar="FILE|TEXT",
            help="The purchase as a JSON or YAML file, as text, or just its amount.",
        ),
    ],
    at: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="When it is bought, as 2026-03-01T10:00. Without it: now.")
    ] = None,
    tier: Annotated[str | None, typer.Option(metavar="LEVEL", help="The tier of whoever buys.")] = None,
    language: Annotated[Language, typer.Option("--language", "-l", help="In which language.")] = Language.EN,
    json: Annotated[bool, typer.Option("--json", help="The explanation as JSON.")] = False,
) -> None:
    """Say what a basket would bring under a programme file, without any database.

    It is decided as a sale to somebody who joined just now, and explained rule by rule.

    \b
    setia quote programme.yaml --basket 25.00 --tier silver
    setia quote programme.yaml --basket basket.json --at 2026-03-03T10:00
    setia quote programme.yaml -b '{lines: [{category: PRODUCE, amount: 12.50}]}'

    Exit code 1: the programme or the basket has errors.
    """
    _, programme = load_good(file)
    if tier is not None and (programme.tiers is None or programme.tiers.level(tier) is None):
        known = ", ".join(level.name for level in programme.tiers.levels) if programme.tiers else "none"
        raise typer.BadParameter(f"there is no level '{tier}'; there are {known}", param_hint="--tier")
    body = _body(programme, basket)
    when = _instant(at, programme)
    version = Version(1, when - dt.timedelta(days=1), programme)
    book = MemoryBook([version], luck=None)
    member = book.join(when)
    if tier is not None:
        member.progress.tier, member.progress.version = tier, version.number
    activity = book.activity(Built.PURCHASE.value, member, when, body, external_id="quote")
    decision = next(made for made in book.handle(activity) if made.activity is activity)
    explanation = explain(
        Case(version, activity, decision.status, decision.facts, decision.result, decision.entries,
             answer=decision.answer)
    )  # fmt: skip
    if json:
        typer.echo(orjson.dumps(explanation.data(language.value), option=orjson.OPT_INDENT_2, default=str).decode())
    else:
        typer.echo(explanation.text(language.value))


def _body(programme: Programme, basket: str) -> dict[str, Any]:
    path = Path(basket)
    try:
        text = path.read_text(encoding="utf-8") if len(basket) < 1_000 and path.is_file() else basket
        found = yaml.load(text, _Texts)
    except (OSError, UnicodeDecodeError) as error:
        raise ProgrammeFileError(f"{basket}: it cannot be read: {error}") from None
    except yaml.YAMLError as error:
        raise ProgrammeFileError(f"the basket is neither JSON nor YAML: {error}") from None
    if isinstance(found, str | int) and not isinstance(found, bool):
        found = {"amount": found}
    if not isinstance(found, dict):
        raise ProgrammeFileError(f"the basket '{basket[:60]}' is neither an amount nor an object with `lines`")
    body = parse_body(programme, Built.PURCHASE.value, found)
    if isinstance(body, list):
        told = "".join(f"\n  {problem.pointer or '/'}: {problem.message}" for problem in body)
        raise ProgrammeFileError(f"the basket cannot be meant:{told}")
    return body


class _Texts(yaml.SafeLoader):
    """Amounts stay as they are written: 12.50 is no float."""


_Texts.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag not in ("tag:yaml.org,2002:float", "tag:yaml.org,2002:timestamp")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _instant(text: str | None, programme: Programme) -> dt.datetime:
    if text is None:
        return dt.datetime.now(dt.UTC)
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"'{text}' is no instant; write 2026-03-01T10:00", param_hint="--at") from None
    return (at if at.tzinfo is not None else at.replace(tzinfo=programme.zone)).astimezone(dt.UTC)
