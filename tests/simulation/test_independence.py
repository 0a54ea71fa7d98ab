"""Who audits the engine shares no code with it, not even by way of somebody else."""

import ast
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            found.add(node.module)
    return found


def test_auditors_import_nothing_of_the_engine() -> None:
    waiting, seen = [HERE / "auditor.py", *(HERE / "themes").glob("*.py")], set[Path]()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        for name in imported(path):
            assert name.split(".")[0] != "setia", f"{path.name} imports {name}"
            if name.startswith("tests."):
                module = ROOT / name.replace(".", "/")
                waiting.append(module / "__init__.py" if module.is_dir() else module.with_suffix(".py"))
    assert HERE / "shop.py" in seen
