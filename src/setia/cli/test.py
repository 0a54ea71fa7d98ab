"""Play the scenarios of a programme and compare what happens with what they promise."""

from pathlib import Path
from typing import Annotated

import typer

from setia.flow.scenarios.run import find_scenarios, run_on_all_cores


def run(
    paths: Annotated[list[Path], typer.Argument(help="Scenario files, or folders with `scenarios/` below them.")],
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Name every scenario, not only what failed.")
    ] = False,
    word: Annotated[str, typer.Option("-k", help="Only scenarios with this word in their name or sentence.")] = "",
) -> None:
    """Play scenarios. Exit code 1 when one fails, 2 when there is none."""
    for path in paths:
        if not path.exists():
            typer.echo(f"setia test: there is no file or folder '{path}'", err=True)
            raise typer.Exit(2)
    passed = failed = 0
    for outcome in run_on_all_cores(find_scenarios(paths), word):
        if outcome.is_passed:
            passed += 1
            if verbose:
                typer.echo(f"passed  {outcome.sentence}  ({outcome.seconds * 1000:.1f} ms)")
            continue
        failed += 1
        typer.echo(f"FAILED  {outcome.sentence}")
        for diagnostic in outcome.diagnostics:
            typer.echo(f"  {diagnostic}")
        for failure in outcome.failures:
            typer.echo("  " + str(failure).replace("\n", "\n  "))
    if not passed and not failed:
        typer.echo("setia test: there is no scenario here (a scenario is a file `scenarios/<name>.yaml`)", err=True)
        raise typer.Exit(2)
    typer.echo(f"{passed} passed, {failed} failed")
    if failed:
        raise typer.Exit(1)
