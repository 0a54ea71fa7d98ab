"""The written pages say what is so: the tutorial is typed as it stands, examples are read, lists are complete."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from setia.api.scopes import Scope
from setia.connectors.files.mapping import check_columns, known_columns, load_columns
from setia.flow.scenarios.actions import ACTIONS, MEMBER, STEP, TOP
from setia.flow.scenarios.expect import LOT, SETTINGS, UNIT
from setia.flow.scenarios.play import play
from setia.flow.scenarios.read import load_scenario
from setia.flow.scenarios.source import Library, merged
from setia.language.diagnostics import Findings
from setia.language.keys import KEYS
from setia.language.model import Programme
from setia.language.nodes import Mapping, read_nodes
from setia.language.parse import load_nodes, load_programme
from setia.plumbing import embedded
from setia.plumbing.settings import load_settings
from setia.values.codes import CONSEQUENCES, Built, DeclineCode, EventName, Tick

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PORT = "8000"


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of a page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


# The tutorial ---------------------------------------------------------------------------------------------------------


def steps(text: str) -> list[tuple[str, str]]:
    """The commands of the tutorial in order, each with what is said to be seen."""
    found: list[tuple[str, str]] = []
    for block in blocks(text, "console"):
        lines = iter(block.splitlines())
        for line in lines:
            if not line.startswith("$ "):
                command, seen = found[-1]
                found[-1] = (command, f"{seen}{line}\n")
                continue
            command = line[2:]
            if end := re.search(r"<<'(\w+)'", command):
                for more in lines:
                    command += f"\n{more}"
                    if more == end[1]:
                        break
            found.append((command, ""))
    return found


LOOSE = {
    r"…": r"[^\n]*?",
    r"[a-z]+_[0-9a-z]{26}": r"[a-z]+_[0-9a-z]{26}",
    r"\d{4}-\d\d-\d\d \d\d:\d\d": r"\d{4}-\d\d-\d\d \d\d:\d\d",
}


def pattern(seen: str) -> str:
    """What the output has to look like: `…` is anything, and ids and times are of their form."""
    lines = []
    for line in seen.splitlines():
        parts = re.split("(" + "|".join(LOOSE) + ")", line)
        wanted = [
            next((new for old, new in LOOSE.items() if re.fullmatch(old, part)), re.escape(part)) for part in parts
        ]
        lines.append(r"(?:[^\n]*\n)*?" if line == "…" else "".join(wanted) + r"\n")
    return "".join(lines)


@pytest.fixture
def state() -> Iterator[Path]:
    """An empty folder for a PostgreSQL of the test's own, which every user can pass through; no server stays in it."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="setia-", dir=memory if os.access(memory, os.W_OK) else None))
    folder.chmod(0o755)
    yield folder
    embedded.stop(load_settings(state_dir=folder, database_url=None), force=True)
    shutil.rmtree(folder)


def free_port() -> str:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def script(commands: list[str], port: str) -> str:
    """The commands for one shell, a mark before each; the server runs beside the others, as in a second terminal."""
    lines = ["trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT", "exec 2>&1"]
    for number, command in enumerate(commands):
        lines.append(f"printf '@@{number}\\n'")
        if command == "setia serve":
            wait = f"curl -s -o /dev/null --retry 60 --retry-delay 1 --retry-connrefused http://127.0.0.1:{port}/docs"
            command = f"setia serve >serve.log 2>&1 &\n{wait}\ncat serve.log"
        lines.append(command.replace(PORT, port))
    return "\n".join(lines)


def test_the_tutorial_goes_as_it_says(tmp_path: Path, state: Path) -> None:
    told = steps(read("docs/tutorial.md"))
    port = free_port()
    unwanted = ("DATABASE_URL", "PYTHONDONTWRITEBYTECODE")  # with the latter every command would compile all of it
    environment = {name: value for name, value in os.environ.items() if name not in unwanted}
    environment |= {"SETIA_STATE_DIR": str(state), "SETIA_PORT": port, "COLUMNS": "200", "SETIA_LOG_FORMAT": "json"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    shell = subprocess.Popen(
        ["bash", "-c", script([command for command, _ in told], port)],
        cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        output, _ = shell.communicate(timeout=180)
    finally:
        if shell.poll() is None:
            os.killpg(shell.pid, signal.SIGTERM)
            shell.wait(30)
    answers = re.split(r"^@@\d+\n", output, flags=re.MULTILINE)[1:]
    assert len(answers) == len(told) > 20
    for (command, seen), answer in zip(told, answers, strict=True):
        shape = pattern(seen.replace(PORT, port))
        assert re.fullmatch(shape, answer), f"$ {command}\n{answer}\nis not\n{seen}"


# Links and places -----------------------------------------------------------------------------------------------------


def anchors(text: str) -> set[str]:
    """What headings of a page can be linked to by."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"https?:|mailto:", link):
            continue
        place, _, anchor = link.partition("#")
        target = (page.parent / place).resolve() if place else page
        assert target.exists(), f"{page.name}: {link}"
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), f"{page.name}: {link}"


def test_every_page_is_in_the_index() -> None:
    index = read("docs/README.md")
    for page in sorted((ROOT / "docs").rglob("*.md")):
        name = page.relative_to(ROOT / "docs").as_posix()
        if name != "README.md" and not name.startswith("decisions/0"):
            assert f"]({name})" in index, name


def test_no_file_names_a_place_of_somebodys_machine() -> None:
    folders = ("docs", "src", "tests", "examples")
    files = [file for folder in folders for file in (ROOT / folder).rglob("*") if file.is_file()]
    files += [file for file in ROOT.iterdir() if file.suffix in (".md", ".toml") or file.name == "Makefile"]
    places = re.compile(r"(?<![\w.:/}])/(?:work|root|home|Users)/\w")
    for file in files:
        if "__pycache__" not in file.parts and file.suffix not in (".parquet", ".png"):
            assert not places.search(file.read_text(encoding="utf-8")), file


def test_the_two_commands_of_the_readme_are_there() -> None:
    commands = re.findall(r"^    make (\w+)", read("README.md"), re.MULTILINE)
    assert commands == ["demo", "test"]
    for command in commands:
        assert re.search(rf"^{command}:", read("Makefile"), re.MULTILINE)


# The reference --------------------------------------------------------------------------------------------------------


def test_every_verb_is_in_the_reference() -> None:
    page = read("docs/reference/cli.md")
    verbs = [file.stem.replace("_", "-") for file in (ROOT / "src" / "setia" / "cli").glob("[!_]*.py")]
    for verb in verbs:
        assert verb == "main" or f"## setia {verb}\n" in page, verb


def test_every_decline_and_every_event_is_in_the_reference() -> None:
    problems, events = read("docs/reference/problems.md"), read("docs/reference/events.md")
    assert [code for code in DeclineCode if f"### {code}\n" not in problems] == []
    assert [name for name in EventName if f"## {name}\n" not in events] == []


def test_every_type_of_activity_is_in_the_reference() -> None:
    page = read("docs/reference/programme.md")
    types = [*Built, *Tick, *CONSEQUENCES]
    assert [type_ for type_ in types if f"`{type_}`" not in page] == []


def test_every_setting_of_a_programme_is_in_the_reference() -> None:
    page = read("docs/reference/programme.md")
    spoken = " ".join([*blocks(page, "yaml"), *re.findall(r"`([^`\n]+)`", page)])
    missing = {
        part: [key for key in keys if not re.search(rf"(?<![\w-]){key}(?![\w-])", spoken)]
        for part, keys in KEYS.items()
    }
    assert {part: keys for part, keys in missing.items() if keys} == {}


def test_the_examples_of_the_reference_are_one_programme() -> None:
    root = Mapping({}, read_root("programme: x").place)
    for block in blocks(read("docs/reference/programme.md"), "yaml"):
        root = merged(root, read_root(block))
    loaded = load_nodes(root, "", "programme.md")
    assert loaded.programme is not None, loaded.diagnostics
    assert set(root.entries) == set(KEYS["programme"])


def test_the_example_of_the_readme_is_read() -> None:
    around = "{programme: x, currency: EUR, timezone: UTC, units: {points: }, metrics: {year_spend: "
    root = read_root(around + "{sum: purchase.eligible, over: year}}}")
    (example,) = blocks(read("README.md"), "yaml")
    loaded = load_nodes(merged(root, read_root(example)), "", "README.md")
    assert loaded.programme is not None, loaded.diagnostics


def read_root(text: str) -> Mapping:
    findings = Findings("programme.md")
    root = read_nodes(text, findings)
    assert isinstance(root, Mapping), findings.sorted()
    return root


# The guides -----------------------------------------------------------------------------------------------------------

SHOP = """
programme: toko-setia
currency: IDR
timezone: Asia/Jakarta
units: {points: {pending: 14 days, expires: {after: 12 months, until: end_of_month}}}
metrics: {year_spend: {sum: purchase.eligible, over: 12 months}}
tiers: {by: year_spend, levels: {bronze: {from: 0}, silver: {from: 10_000_000}}, keep: 12 months}
rules: {earn: {on: purchase.completed, give: {points: purchase.eligible / 10_000}}}
"""


def grocer() -> Programme:
    programme = load_programme(read("examples/grocery-tiers/programme.yaml")).programme
    assert programme is not None
    return programme


def test_the_scenario_of_the_guide_holds(tmp_path: Path) -> None:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "programme.yaml").write_text(SHOP, encoding="utf-8")
    file = tmp_path / "scenarios" / "cake.yaml"
    file.write_text(blocks(read("docs/guides/scenarios.md"), "yaml")[0], encoding="utf-8")
    scenario, diagnostics = load_scenario(file, file.name, Library())
    assert scenario is not None, diagnostics
    assert play(scenario) == []


def test_every_setting_of_a_scenario_is_in_the_guide() -> None:
    spoken = " ".join(re.findall(r"`([^`\n]+)`", read("docs/guides/scenarios.md")))
    settings = [*TOP, *MEMBER, *STEP, *ACTIONS, *SETTINGS, *UNIT, *LOT]
    assert [name for name in settings if not re.search(rf"(?<![\w-]){name}(?![\w-])", spoken)] == []


def test_the_mapping_and_the_file_of_the_guide_are_read(tmp_path: Path) -> None:
    page = read("docs/guides/ingest.md")
    mapping = tmp_path / "pos.yaml"
    mapping.write_text(blocks(page, "yaml")[0], encoding="utf-8")
    columns = load_columns(mapping)
    assert columns.delimiter == ";"
    check_columns(columns, [*columns.renamed, *columns.ignored], grocer(), "pos.csv")
    header = re.search(r"^    (external_id,.*)$", page, re.MULTILINE)
    assert header is not None
    check_columns(type(columns)(), header[1].split(","), grocer(), "sales.csv")


def test_every_column_of_a_file_is_in_the_guide() -> None:
    page = read("docs/guides/ingest.md").replace(".<field>", ".household_size").replace("spend.<unit>", "spend.points")
    assert [column for column in known_columns(grocer()) if f"`{column}`" not in page] == []


def test_every_scope_is_in_the_guide() -> None:
    page = read("docs/guides/api.md")
    assert [scope for scope in Scope if f"`{scope}`" not in page] == []
