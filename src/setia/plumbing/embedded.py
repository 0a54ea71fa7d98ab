"""An embedded PostgreSQL: started when somebody needs it, shared by all who do, stopped by the last to leave.

    with embedded.server(settings) as server:
        dsn = server.create_database("setia")

Whoever uses the server holds a *lease*: a file that its process keeps locked, so that the kernel itself ends the lease
of a process that dies. All that starts or stops the server happens behind a *gate*, another lock. Nothing that a crash
can leave behind is believed: a process id in a file counts only when that process really works in our data folder.

PostgreSQL refuses to run as root. For root it runs as `postgres` or `nobody`, and where that user cannot reach the
installed binaries, a copy is laid under `/var/lib/setia`. No mode of anybody's folder is ever changed.
"""

import contextlib
import fcntl
import hashlib
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from setia.plumbing.binaries import copy_for_everyone, find_binaries, major_version
from setia.plumbing.db import reporting_unavailable
from setia.plumbing.settings import Settings
from setia.values.faults import Fault

_PORT = 5432
_SOCKET = f".s.PGSQL.{_PORT}"
# The kernel's limit for a socket's path is 108 bytes with the closing zero.
_LONGEST_SOCKET_PATH = 107
_SHARED_HOME = Path("/var/lib/setia")
_START_SECONDS = 300
_START_ATTEMPTS = 5
_STOP_SECONDS = 120
_LARGEST_LOG = 10 * 1024 * 1024


class EmbeddedDatabaseError(Fault):
    """The embedded server cannot be had; the message says what failed, where, and what to do."""

    code = "embedded_database"


@dataclass(frozen=True, slots=True)
class Server:
    """A running PostgreSQL server. `dsn` leads to its maintenance database, with the right to create databases."""

    dsn: str

    def dsn_for(self, database: str) -> str:
        """The connection string of one of its databases, whether that exists or not."""
        return make_conninfo(self.dsn, dbname=database)

    def create_database(self, name: str) -> str:
        """The connection string of a database that is created unless it exists. Raises `DatabaseUnavailable`."""
        with reporting_unavailable(), psycopg.connect(self.dsn, autocommit=True) as connection:
            found = connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone()
            if found is None:
                # Two may come here at once: the one that is late finds what it wanted.
                with contextlib.suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.dsn_for(name)


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that uses the server now."""

    pid: int
    command: str


@dataclass(frozen=True, slots=True)
class Status:
    """What runs. `pid`, `version` and `databases` (name and size in bytes) are None and empty while nothing runs."""

    running: bool
    pid: int | None
    version: str | None
    dsn: str
    data_dir: Path
    log_file: Path
    databases: tuple[tuple[str, int], ...]
    holders: tuple[Holder, ...]


@contextlib.contextmanager
def server(settings: Settings) -> Iterator[Server]:
    """A PostgreSQL server for as long as the block lasts: `settings.database_url`'s when given, else the embedded one.

    Raises `EmbeddedDatabaseError` or `BinariesError` when there is none to be had.
    """
    if settings.database_url is not None:
        yield Server(settings.database_url)
        return
    installation = _Installation(settings)
    lease = installation.enter()
    try:
        yield Server(installation.dsn)
    finally:
        installation.leave(lease)


@contextlib.contextmanager
def database(settings: Settings, name: str = "setia") -> Iterator[str]:
    """The connection string of the database to work with, for as long as the block lasts.

    That is `settings.database_url` itself when given, else the database `name` of the embedded server, which is created
    when it is missing. Its tables are `setia.plumbing.db.migrate`'s business.
    """
    with server(settings) as running:
        yield running.dsn if settings.database_url is not None else running.create_database(name)


def start(settings: Settings) -> Status:
    """Start the embedded server and leave it running, also after its last holder has left, until `stop`."""
    installation = _Installation(settings)
    lease = installation.enter()
    try:
        installation.keep()
    finally:
        installation.leave(lease)
    return installation.status()


def stop(settings: Settings, *, force: bool = False) -> bool:
    """Stop the embedded server; False when it was not running.

    Raises `EmbeddedDatabaseError` when processes still use it, unless `force` is given.
    """
    return _Installation(settings).stop(force=force)


def status(settings: Settings) -> Status:
    """What runs, in whose hands. Changes nothing."""
    return _Installation(settings).status()


class _Installation:
    """One data folder, with the server that works in it.

    `root` belongs to whoever runs Setia and holds the gate, the leases and the log; `data` and the socket's folder
    in it belong to the user that runs the server, who is another one when we are root.
    """

    def __init__(self, settings: Settings) -> None:
        if not sys.platform.startswith("linux"):
            raise EmbeddedDatabaseError(
                f"the embedded PostgreSQL runs on Linux only, and this is {sys.platform}. "
                "Start a PostgreSQL server of your own and name it in DATABASE_URL."
            )
        self._settings = settings
        self.root = _state_dir(settings)
        self.data = self.root / "data"
        self.log = self.root / "server.log"
        # Not in the data folder: that is another user's, who must not choose what root writes to.
        self._configuration = self.root / "server.conf"
        self._leases = self.root / "leases"
        self._keep_mark = self.root / "keep-running"
        self._user = _server_user(self.data)
        self.sockets = self._socket_dir()
        self.dsn = make_conninfo("", host=str(self.sockets), port=_PORT, user="postgres", dbname="postgres")

    # --- for callers -------------------------------------------------------------------------------------------

    def enter(self) -> IO[str]:
        """A lease on the running server, which is started when it does not run."""
        self._make_root()
        for _ in range(_START_ATTEMPTS):
            with self._gate():
                if not self._is_running():
                    self._start()
                lease = self._take_lease()
            try:
                if self._await_ready():
                    return lease
            except BaseException:
                self.leave(lease)
                raise
            # What seemed to run was a killed server's last moment.
            self.leave(lease)
        raise self._failure("the server ends again and again")

    def leave(self, lease: IO[str]) -> None:
        """Give a lease back; the last one to leave stops the server, unless it was started to stay."""
        with self._gate():
            Path(lease.name).unlink(missing_ok=True)
            lease.close()
            if not self._keep_mark.exists() and not self._holders():
                self._stop()

    def keep(self) -> None:
        self._keep_mark.touch()

    def stop(self, *, force: bool) -> bool:
        if not self.data.exists():
            return False
        with self._gate():
            holders = self._holders()
            if holders and not force:
                names = "".join(f"\n  {holder.pid}  {holder.command}" for holder in holders)
                raise EmbeddedDatabaseError(
                    f"the embedded PostgreSQL is in use, and was not stopped:{names}\n"
                    "End these processes (the server then stops by itself), or stop it under them with --force."
                )
            return self._stop()

    def status(self) -> Status:
        pid = self._postmaster()
        running = pid is not None or self._answers()
        version: str | None = None
        databases: tuple[tuple[str, int], ...] = ()
        if running:
            with reporting_unavailable(), psycopg.connect(self.dsn, connect_timeout=5) as connection:
                version = connection.info.parameter_status("server_version")
                databases = tuple(
                    connection.execute(
                        "SELECT datname, pg_database_size(oid) FROM pg_database WHERE NOT datistemplate ORDER BY 1"
                    )
                )
        holders = self._holders() if self._leases.exists() else ()
        return Status(running, pid, version, self.dsn, self.data, self.log, databases, holders)

    # --- locks -------------------------------------------------------------------------------------------------

    def _make_root(self) -> None:
        missing = [path for path in (self.root, *self.root.parents) if not path.exists()]
        try:
            for path in reversed(missing):
                path.mkdir(exist_ok=True)
                # The server's user must pass through what root makes, however strict root's umask is.
                path.chmod(0o700 if self._user is None else 0o755)
            self._leases.mkdir(exist_ok=True)
            with (self.root / "gate.lock").open("a"):
                pass
        except OSError as error:
            raise EmbeddedDatabaseError(
                f"the embedded PostgreSQL needs a folder of its own, and {error.filename} cannot be written: "
                f"{error.strerror}. Name another folder in SETIA_STATE_DIR, or a server of yours in DATABASE_URL."
            ) from error

    @contextlib.contextmanager
    def _gate(self) -> Iterator[None]:
        """One process at a time may start, stop or count holders."""
        with (self.root / "gate.lock").open("a") as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)
            yield

    def _take_lease(self) -> IO[str]:
        lease = (self._leases / f"{os.getpid()}-{secrets.token_hex(4)}").open("w", encoding="utf-8")
        fcntl.flock(lease, fcntl.LOCK_EX)
        lease.write(f"{os.getpid()}\n{' '.join([Path(sys.argv[0]).name, *sys.argv[1:]])}\n")
        lease.flush()
        return lease

    def _holders(self) -> tuple[Holder, ...]:
        """The processes whose lease is locked. Files that a dead process left are not."""
        found = []
        for path in sorted(self._leases.iterdir()):
            with contextlib.suppress(FileNotFoundError), path.open(encoding="utf-8") as lease:
                try:
                    fcntl.flock(lease, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    pid, _, command = lease.read().partition("\n")
                    found.append(Holder(int(pid or 0), command.strip()))
        return tuple(found)

    def _sweep_leases(self) -> None:
        """Take away what dead processes left. Behind the gate only: a lease is born and locked there."""
        for path in self._leases.iterdir():
            with path.open() as lease, contextlib.suppress(BlockingIOError):
                fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()

    # --- is it alive? ------------------------------------------------------------------------------------------

    def _postmaster(self) -> int | None:
        """The server's process, if it truly lives: the recorded id may be another process's by now."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None
        return pid if self._works_here(pid) else None

    def _works_here(self, pid: int) -> bool:
        try:
            working_dir = Path(f"/proc/{pid}/cwd").readlink()
            executable = Path(f"/proc/{pid}/exe").readlink()
        except OSError:
            return False
        return working_dir == self.data and executable.name.startswith("postgres")

    def _answers(self) -> bool:
        """Whether somebody listens on the socket; true also for a server in a container whose process is hidden."""
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(2)
            try:
                probe.connect(str(self.sockets / _SOCKET))
            except OSError:
                return False
            return True

    def _is_running(self) -> bool:
        return self._postmaster() is not None or self._answers()

    def _await_ready(self) -> bool:
        """Wait for a server that another process is starting, or that recovers from a crash; False when it ended."""
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                psycopg.connect(self.dsn, connect_timeout=10).close()
            except psycopg.OperationalError as error:
                if not self._is_running():
                    return False
                if time.monotonic() > deadline:
                    raise self._failure(f"the server does not answer: {str(error).strip()}") from error
                time.sleep(0.02)
            else:
                return True

    # --- start and stop, behind the gate -----------------------------------------------------------------------

    def _start(self) -> None:
        binaries = self._reachable_binaries()
        self._sweep_leases()
        self._keep_mark.unlink(missing_ok=True)
        self._end_orphans()
        if not (self.data / "PG_VERSION").exists():
            self._create_cluster(binaries)
        self._refuse_other_version(binaries)
        self._make_socket_dir()
        # Nothing works in our folder any more: these are a crash's, and their process ids may be somebody else's.
        for left in (self.data / "postmaster.pid", self.sockets / _SOCKET, self.sockets / f"{_SOCKET}.lock"):
            left.unlink(missing_ok=True)
        self._write_configuration(binaries)
        if self.log.exists() and self.log.stat().st_size > _LARGEST_LOG:
            self.log.replace(self.log.with_suffix(".log.1"))
        self.log.touch()
        self._give(self.log)
        # By a shell that leaves at once, so that the server is nobody's child; pg_ctl does the same, but stumbles over
        # quotes and dollar signs in paths.
        shell: list[str | Path] = ["/bin/sh", "-c", 'log=$1; shift; "$@" >>"$log" 2>&1 & echo $!', "sh", self.log]
        words: list[str | Path] = [binaries / "postgres", "-D", self.data, "-c", f"config_file={self._configuration}"]
        pid = int(self._run(*shell, *words))
        while not self._answers():
            if not Path(f"/proc/{pid}/exe").exists():
                raise self._failure("the server ended as soon as it was started")
            time.sleep(0.01)

    def _stop(self) -> bool:
        pid = self._postmaster()
        if pid is None:
            return False
        self._keep_mark.unlink(missing_ok=True)
        os.kill(pid, signal.SIGINT)  # PostgreSQL's "fast" shutdown: sessions end, everything is written.
        deadline = time.monotonic() + _STOP_SECONDS
        while self._works_here(pid):
            if time.monotonic() > deadline:
                raise self._failure(f"the server (process {pid}) did not stop within {_STOP_SECONDS} seconds")
            time.sleep(0.01)
        return True

    def _end_orphans(self) -> None:
        """A killed server's children may still work in the data folder; a new server must not meet them."""
        for signum, patience in ((signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
            deadline = time.monotonic() + patience
            while orphans := self._processes_here():
                if time.monotonic() > deadline:
                    break
                for pid in orphans:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signum)
                time.sleep(0.02)
        if orphans := self._processes_here():
            raise self._failure(f"processes of an earlier server do not end: {', '.join(map(str, orphans))}")

    def _processes_here(self) -> list[int]:
        return [int(p.name) for p in Path("/proc").iterdir() if p.name.isdigit() and self._works_here(int(p.name))]

    def _create_cluster(self, binaries: Path) -> None:
        """Make a new, empty cluster; half of one, left by a crash, is never taken for a whole one."""
        for left in self.root.glob("data.unfinished-*"):
            shutil.rmtree(left, ignore_errors=True)
        # Each time another name: a killed process's initdb may still be at work on the last one.
        unfinished = self.root / f"data.unfinished-{secrets.token_hex(4)}"
        unfinished.mkdir(mode=0o700)
        self._give(unfinished)
        # PostgreSQL 17 and newer bring a locale of their own, the same on every machine.
        own = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        locale = own if major_version(binaries) >= 17 else ["--locale=C.UTF-8"]
        options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--data-checksums", *locale]
        self._run(binaries / "initdb", *options, "-D", unfinished)
        unfinished.replace(self.data)

    def _refuse_other_version(self, binaries: Path) -> None:
        made_by = int((self.data / "PG_VERSION").read_text().strip())
        ours = major_version(binaries)
        if made_by != ours:
            raise EmbeddedDatabaseError(
                f"{self.data} was made by PostgreSQL {made_by}, and {binaries} is PostgreSQL {ours}. "
                f"Name the binaries of {made_by} in PG_BIN, carry the data over with pg_upgrade, "
                "or begin a new folder with SETIA_STATE_DIR."
            )

    def _write_configuration(self, binaries: Path) -> None:
        values = {
            "listen_addresses": "",
            "port": str(_PORT),
            "unix_socket_directories": '"' + str(self.sockets).replace('"', '""') + '"',
            "unix_socket_permissions": "0700",
            "max_connections": "200",
            "shared_buffers": "256MB",
            "max_wal_size": "4GB",
            "checkpoint_timeout": "15min",
            "wal_compression": "lz4" if b"liblz4" in (binaries / "postgres").read_bytes() else "off",
            # What was answered stays, whatever happens to the machine.
            "fsync": "on",
            "full_page_writes": "on",
            "synchronous_commit": "on",
            # Our statements are short: compiling them costs more than it gives.
            "jit": "off",
            "random_page_cost": "1.1",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_line_prefix": "%m [%p] %d ",
            "log_checkpoints": "off",
        }
        # In quotes, where PostgreSQL reads '' as one quote and \\ as one backslash.
        quoted = {name: value.replace("\\", "\\\\").replace("'", "''") for name, value in values.items()}
        lines = ["# Written anew at every start.", *(f"{name} = '{value}'" for name, value in quoted.items()), ""]
        fresh = self._configuration.with_suffix(".fresh")
        fresh.write_text("\n".join(lines), encoding="utf-8")
        self._give(fresh)
        fresh.replace(self._configuration)

    def _run(self, program: str | Path, *words: str | Path) -> str:
        """What a program prints, run by the server's user in a session of its own: our Ctrl-C is not for the server."""
        as_user: dict[str, Any] = {}
        if self._user is not None:
            as_user = {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}
        # Our own PGDATA, PGPORT, PGOPTIONS … are meant for other servers.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}
        try:
            done: subprocess.CompletedProcess[bytes] = subprocess.run(
                [program, *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd="/",
                env=environment,
                umask=0o077,
                start_new_session=True,
                check=False,
                **as_user,
            )
        except OSError as error:
            raise self._failure(f"{program} cannot be run: {error}") from error
        if done.returncode != 0:
            raise self._failure(f"{program} failed: {done.stdout.decode(errors='replace').strip()}")
        return done.stdout.decode(errors="replace")

    def _failure(self, what: str) -> EmbeddedDatabaseError:
        tail = ""
        with contextlib.suppress(OSError):
            last = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-8:]
            tail = "".join(f"\n  {line}" for line in last)
        said = f"\nThe end of {self.log}:{tail}" if tail else ""
        return EmbeddedDatabaseError(
            f"the embedded PostgreSQL in {self.root}: {what}{said}\n"
            "Name another folder in SETIA_STATE_DIR, or a server of yours in DATABASE_URL."
        )

    # --- places ------------------------------------------------------------------------------------------------

    def _give(self, path: Path) -> None:
        if self._user is not None:
            os.chown(path, self._user.pw_uid, self._user.pw_gid)

    def _socket_dir(self) -> Path:
        """In the root; in /tmp when that path is too long for a socket, or has a comma (a list, for libpq)."""
        inside = self.root / "socket"
        if len(os.fsencode(inside / f"{_SOCKET}.lock")) <= _LONGEST_SOCKET_PATH and "," not in str(inside):
            return inside
        return Path("/tmp") / f"setia-{os.geteuid()}-{_short_hash(self.root)}"

    def _make_socket_dir(self) -> None:
        self.sockets.mkdir(mode=0o700, exist_ok=True)
        ours = {os.geteuid()} if self._user is None else {os.geteuid(), self._user.pw_uid}
        # In /tmp anybody may have been there first: what we look at and what we change must be the same folder.
        folder = os.open(self.sockets, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            if os.fstat(folder).st_uid not in ours:
                raise self._failure(f"{self.sockets} belongs to somebody else")
            os.fchmod(folder, 0o700)
            if self._user is not None:
                os.fchown(folder, self._user.pw_uid, self._user.pw_gid)
        finally:
            os.close(folder)

    def _reachable_binaries(self) -> Path:
        """The folder of binaries that the server's user can run: the installed ones, or a copy of them."""
        self._check_root_reachable()
        binaries = find_binaries(self._settings.pg_bin)
        if self._user is None or self._can_run(binaries):
            return binaries
        copy = copy_for_everyone(binaries, _SHARED_HOME / "binaries")
        if not self._can_run(copy):
            raise self._failure(f"the user {self._user.pw_name} can run neither {binaries} nor the copy {copy}")
        return copy

    def _can_run(self, binaries: Path) -> bool:
        try:
            self._run(binaries / "postgres", "--version")
        except EmbeddedDatabaseError:
            return False
        return True

    def _check_root_reachable(self) -> None:
        if self._user is None:
            return
        try:
            self._run("/bin/sh", "-c", 'cd "$1"', "sh", self.root)
        except EmbeddedDatabaseError as error:
            raise EmbeddedDatabaseError(
                f"the embedded PostgreSQL runs as the user {self._user.pw_name}, because it refuses root, and that "
                f"user cannot reach {self.root}. Name a folder that everybody can pass through in SETIA_STATE_DIR, "
                f"or leave it unset ({_SHARED_HOME} is used then), or name a server of yours in DATABASE_URL."
            ) from error


def _state_dir(settings: Settings) -> Path:
    """The folder of this installation: its name and a hash of its path tell it from the others."""
    if settings.state_dir is not None:
        return settings.state_dir.expanduser().resolve()
    if os.geteuid() == 0:
        home = _SHARED_HOME
    else:
        home = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "setia"
    installed = Path(sys.prefix).resolve()
    project = installed.parent if installed.name.startswith(".") else installed
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", project.name)[:32].strip("-.") or "setia"
    return (home / f"{name}-{_short_hash(installed)}").resolve()


def _short_hash(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:10]


def _server_user(data: Path) -> pwd.struct_passwd | None:
    """Whom the server runs as when we are root: who owns the data, else `postgres` or `nobody`. Else None."""
    if os.geteuid() != 0:
        return None
    names: list[str | int] = ["postgres", "nobody"]
    if data.exists() and (owner := data.stat().st_uid) != 0:
        names.insert(0, owner)
    for name in names:
        with contextlib.suppress(KeyError):
            return pwd.getpwuid(name) if isinstance(name, int) else pwd.getpwnam(name)
    raise EmbeddedDatabaseError(
        "PostgreSQL refuses to run as root, and this machine has no user `postgres` or `nobody` to run it as. "
        "Create one (useradd --system postgres), run Setia as an ordinary user, or name a server in DATABASE_URL."
    )
