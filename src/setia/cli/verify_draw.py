"""Recompute a draw or a play from what was published of it: hashes, proofs, numbers and winners."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from setia.cli._choice import chosen_edition
from setia.cli._database import DatabaseOption, opened, services
from setia.flow.raffles import fetch_record
from setia.plumbing.settings import Settings, load_settings
from setia.values.contests import CONTEST_ALGORITHM, check_contest
from setia.values.draws import check_play, check_proof, check_record


def run(
    what: Annotated[
        str,
        typer.Argument(
            metavar="FILE|DRAW",
            help="A file with the published JSON (a draw's record, the proof of a play or of an entry), or the name of "
            "a draw in the database.",
        ),
    ],
    programme: Annotated[
        str | None, typer.Option("--programme", "-p", metavar="NAME", help="Needed where there are several.")
    ] = None,
    database: DatabaseOption = None,
) -> None:
    """Recompute a draw or a play from what was published of it: hashes, proofs, numbers and winners.

    A file is checked without any database. The record of a draw is at `/public/PROGRAMME/draws/DRAW`, the proof of a
    play under `/v1/member/plays`.

    \b
    setia verify-draw record.json
    setia verify-draw new-year --programme toko-setia

    Exit code 1: something is wrong, or cannot be recomputed yet.
    """
    path = Path(what)
    if path.is_file():
        record = _read(path)
    else:
        settings = load_settings()
        with opened(settings, database) as dsn:
            record = asyncio.run(_fetch(settings, dsn, what, programme))
    try:
        found, right = _checked(record)
    except (KeyError, TypeError, ValueError) as error:
        raise typer.BadParameter(f"the record is not whole: {type(error).__name__} {error}") from None
    for problem in found:
        typer.echo(problem)
    if found:
        raise typer.Exit(1)
    typer.echo(right)


def _checked(record: dict[str, Any]) -> tuple[list[str], str]:
    """What is wrong, and what to say when nothing is."""
    if "proof" in record and isinstance(record["proof"], dict):
        record = record["proof"]  # a play as `/v1/member/plays` has it
    if "root" in record and "index" in record:
        wrong = (
            [] if check_proof(record) else [f"entry {record['entry']} is not in the list with root {record['root']}"]
        )
        return (
            wrong,
            f"entry {record['entry']} with {record['tickets']} tickets is in the list with root {record['root']}",
        )
    if record.get("algorithm") == CONTEST_ALGORITHM:
        winners = [f"{place['place']}. {place['entry']} ({place['votes']} votes)" for place in record["places"]]
        return check_contest(record), "\n".join([*winners, "the contest is as it should be"])
    if "numbers" in record:
        return check_play(record), f"the numbers {record['numbers']} follow from the seed of {record['period']}"
    places = [f"{place['place']}. {place['entry']}" for place in record.get("places", ())]
    return check_record(record), "\n".join([f"root {record.get('root')}", *places, "the draw is as it should be"])


def _read(path: Path) -> dict[str, Any]:
    try:
        record = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise typer.BadParameter(f"{path}: {error}") from None
    if not isinstance(record, dict):
        raise typer.BadParameter(f"{path}: expected an object")
    return record


async def _fetch(settings: Settings, dsn: str, name: str, programme: str | None) -> dict[str, Any]:
    async with services(settings, dsn) as found:
        edition = await chosen_edition(found, programme)
        async with found.pool.connection() as conn:
            return await fetch_record(found.engine, conn, edition, name)
