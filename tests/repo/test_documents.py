"""Written pages and lists agree with what they are about."""

import re
import subprocess
import sys
from pathlib import Path

from setia.plumbing.settings import Settings, reference, variable

ROOT = Path(__file__).parent.parent.parent


def test_the_settings_page_is_what_the_settings_say() -> None:
    written = (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
    assert written == reference(), "run `make docs`"
    for attribute in Settings.model_fields:
        assert f"`{variable(attribute)}`" in written


def test_every_setting_is_described() -> None:
    for attribute, field in Settings.model_fields.items():
        assert field.description, attribute
        assert field.description.endswith("."), attribute


def test_make_help_lists_every_verb() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony is not None
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.findall(r"^  make (\w+)", listed, re.MULTILINE) == phony[1].split()


def test_every_command_says_what_it_does_without_being_imported() -> None:
    script = "import sys; from setia.cli.main import app; app(['--help'], standalone_mode=False)\n"
    script += "print(sorted(name for name in sys.modules if name.startswith('setia.')))"
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    for file in (ROOT / "src" / "setia" / "cli").glob("[!_]*.py"):
        verb = file.stem.replace("_", "-")
        if verb != "main":
            assert re.search(rf"│ {verb} +\w", shown), f"cli/{file.name} needs a docstring"
    assert "setia.plumbing.db" not in shown


def test_the_lock_file_fits_the_project_and_names_the_public_index_only() -> None:
    checked = subprocess.run(
        [Path(sys.executable).parent / "uv", "lock", "--check", "--offline", "--python", sys.executable],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, f"run `.venv/bin/uv lock`: {checked.stderr}"
    hosts = set(re.findall(r"https?://([^/\"]+)", (ROOT / "uv.lock").read_text(encoding="utf-8")))
    assert hosts == {"pypi.org", "files.pythonhosted.org"}


def test_every_decision_has_a_number_of_its_own_and_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    files = sorted(file.name for file in folder.glob("0*.md"))
    assert [int(name[:4]) for name in files] == list(range(1, len(files) + 1))
    listed = []
    for number, name in enumerate(files, 1):
        title, _, _ = (folder / name).read_text(encoding="utf-8").partition("\n")
        assert title.startswith(f"# {number}. "), f"{name}: begin with `# {number}. `"
        listed.append(f"{number}. [{title.removeprefix(f'# {number}. ')}]({name})")
    written = (folder / "README.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in written if re.match(r"\d+\. ", line)] == listed


def test_every_word_of_the_glossary_stands_once_and_in_order() -> None:
    written = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8")
    words = re.findall(r"^\| \*\*([^*]+)\*\* \|", written, re.MULTILINE)
    assert words == sorted(set(words), key=lambda word: word.replace("-", " ").lower())


def test_every_package_is_in_the_house() -> None:
    house = (ROOT / "docs" / "internals" / "house.md").read_text(encoding="utf-8")
    packages = [file.parent.name for file in (ROOT / "src" / "setia").glob("*/__init__.py")]
    assert "causes" in packages
    unnamed = [name for name in packages if f"`{name}`" not in house and name != "migrations"]
    assert not unnamed, f"say on which floor of docs/internals/house.md they are: {unnamed}"
