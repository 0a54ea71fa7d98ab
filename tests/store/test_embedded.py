"""The embedded PostgreSQL: shared, stopped by the last to leave, and not confused by any crash."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner, Result

from setia.cli.main import app
from setia.plumbing import embedded
from setia.plumbing.binaries import copy_for_everyone, find_binaries
from setia.plumbing.embedded import EmbeddedDatabaseError
from setia.plumbing.settings import Settings, load_settings

# Enters the server, tells its process, and leaves when its input ends.
_HOLDER = """
import sys
from setia.plumbing import embedded
from setia.plumbing.settings import load_settings
with embedded.server(load_settings()):
    print(embedded.status(load_settings()).pid, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder that every user can pass through, with no server left in it afterwards."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="setia-", dir=memory if os.access(memory, os.W_OK) else "/tmp"))
    folder.chmod(0o755)
    yield folder
    for data in folder.rglob("data"):
        embedded.stop(_settings(data.parent), force=True)
    shutil.rmtree(folder)


@pytest.fixture
def hold() -> Iterator[Callable[[Path], "subprocess.Popen[str]"]]:
    """A function that starts a process which holds the server in a folder until its input is closed."""
    started: list[subprocess.Popen[str]] = []

    def start(state_dir: Path) -> "subprocess.Popen[str]":
        started.append(
            subprocess.Popen(
                [sys.executable, "-c", _HOLDER],
                env={**os.environ, "SETIA_STATE_DIR": str(state_dir)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def _settings(state_dir: Path, pg_bin: Path | None = None) -> Settings:
    return load_settings(state_dir=state_dir, database_url=None, pg_bin=pg_bin)


def _said(process: "subprocess.Popen[str]") -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())


def _query(dsn: str, query: str) -> object:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(query.encode()).fetchone()
    return row and row[0]


def _pid(settings: Settings) -> int:
    pid = embedded.status(settings).pid
    assert pid is not None
    return pid


def _await_end(pid: int) -> None:
    deadline = time.monotonic() + 20
    while Path(f"/proc/{pid}/exe").exists() and time.monotonic() < deadline:
        time.sleep(0.02)


def _cli(state_dir: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["db", *words], env={"SETIA_STATE_DIR": str(state_dir)})


def test_two_that_start_at_once_share_one_server_and_the_last_one_stops_it(
    place: Path, hold: Callable[[Path], "subprocess.Popen[str]"]
) -> None:
    one, two = hold(place), hold(place)
    pid = _said(one)
    assert _said(two) == pid
    found = embedded.status(_settings(place))
    assert {holder.pid for holder in found.holders} == {one.pid, two.pid}

    one.communicate()
    assert _pid(_settings(place)) == pid
    two.communicate()
    assert not embedded.status(_settings(place)).running


def test_a_killed_holder_leaves_the_server_to_the_next_who_stops_it(
    place: Path, hold: Callable[[Path], "subprocess.Popen[str]"]
) -> None:
    holder = hold(place)
    pid = _said(holder)
    holder.kill()
    holder.wait()
    found = embedded.status(_settings(place))
    assert (found.pid, found.holders) == (pid, ())

    with embedded.server(_settings(place)):
        assert _pid(_settings(place)) == pid
    assert not embedded.status(_settings(place)).running


def test_what_was_committed_outlives_a_killed_server(place: Path) -> None:
    settings = _settings(place)
    with embedded.server(settings) as server:
        with psycopg.connect(server.dsn) as connection:
            connection.execute("CREATE TABLE kept (n int)")
            connection.execute("INSERT INTO kept SELECT generate_series(1, 1000)")
        pid = _pid(settings)
        os.kill(pid, signal.SIGKILL)
        _await_end(pid)

        with embedded.server(settings) as again:
            assert _pid(settings) != pid
            assert _query(again.dsn, "SELECT count(*) FROM kept") == 1000


def test_a_session_that_a_killed_server_left_at_work_does_not_hinder_the_next_server(place: Path) -> None:
    settings = _settings(place)
    with embedded.server(settings) as server, closing(psycopg.connect(server.dsn, autocommit=True)) as busy:
        left_at_work = Path(f"/proc/{busy.info.backend_pid}/exe")
        # Never looks up from its work, so it does not notice that its server is gone.
        busy.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 1e12)")
        time.sleep(0.2)
        pid = _pid(settings)
        os.kill(pid, signal.SIGKILL)
        _await_end(pid)
        assert left_at_work.exists()

        with embedded.server(settings) as again:
            assert _query(again.dsn, "SELECT 1") == 1
        assert not left_at_work.exists()


def test_a_process_id_that_is_another_process_by_now_is_not_taken_for_the_server(place: Path) -> None:
    settings = _settings(place)
    with embedded.server(settings) as server:
        assert _query(server.dsn, "SELECT 1") == 1
        lock = next((place / "socket").glob("*.lock")).name
        left = (place / "data" / "postmaster.pid").read_text().split("\n")
    for path in (place / "data" / "postmaster.pid", place / "socket" / lock):
        path.write_text("\n".join([str(os.getpid()), *left[1:]]))

    assert not embedded.status(settings).running
    with embedded.server(settings) as server:
        assert _query(server.dsn, "SELECT 1") == 1


def test_a_half_made_cluster_is_made_anew(place: Path) -> None:
    unfinished = place / "data.unfinished-1234"
    (unfinished / "base").mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    with embedded.server(_settings(place)) as server:
        assert _query(server.dsn, "SELECT 1") == 1
    assert not unfinished.exists()


def test_the_server_never_runs_as_root_and_only_its_user_reads_the_data(place: Path) -> None:
    settings = _settings(place)
    with embedded.server(settings):
        runs_as = Path(f"/proc/{_pid(settings)}").stat().st_uid
    data = (place / "data").stat()
    assert runs_as == data.st_uid
    assert runs_as != 0
    assert data.st_mode & 0o077 == 0
    if os.geteuid() == 0:
        assert pwd.getpwuid(runs_as).pw_name in {"postgres", "nobody"}
    else:
        assert runs_as == os.geteuid()


@pytest.mark.parametrize(
    "name",
    ["with spaces", 'it\'s "quoted" \\ $HOME', "one,two", "long" * 30],
    ids=["spaces", "quotes", "comma", "too long for a socket"],
)
def test_the_folder_may_have_any_name(place: Path, name: str) -> None:
    with embedded.server(_settings(place / name)) as server:
        assert _query(server.dsn, "SHOW data_directory") == str(place / name / "data")


def test_a_folder_that_the_server_cannot_use_is_named_with_a_way_out(place: Path) -> None:
    closed = place / "closed"
    # Root can write anywhere, but PostgreSQL's user cannot pass; an ordinary user cannot write.
    closed.mkdir(mode=0o700 if os.geteuid() == 0 else 0o500)
    with (
        pytest.raises(EmbeddedDatabaseError, match=r"(cannot reach|cannot be written).*SETIA_STATE_DIR") as caught,
        embedded.server(_settings(closed / "state")),
    ):
        pass
    assert str(closed) in str(caught.value)
    assert closed.stat().st_mode & 0o777 in {0o700, 0o500}


def test_the_copied_programs_run_for_everyone(place: Path) -> None:
    binaries = find_binaries(None)
    copy = copy_for_everyone(binaries, place / "programs" / "binaries")
    inode = (copy / "postgres").stat().st_ino
    assert copy_for_everyone(binaries, place / "programs" / "binaries") == copy
    assert (copy / "postgres").stat().st_ino == inode
    assert [p.name for p in (place / "programs" / "binaries").iterdir() if p.name.startswith(".")] == []

    settings = _settings(place / "state", pg_bin=copy)
    with embedded.server(settings) as server:
        assert _query(server.dsn, "SELECT 1") == 1
        assert Path(f"/proc/{_pid(settings)}/exe").readlink() == copy / "postgres"


def test_what_was_answered_is_on_the_disk(place: Path) -> None:
    with embedded.server(_settings(place)) as server:
        for setting in ("fsync", "full_page_writes", "synchronous_commit", "data_checksums"):
            assert _query(server.dsn, f"SHOW {setting}") == "on"
        assert _query(server.dsn, "SHOW listen_addresses") == ""


def test_a_database_is_created_once(place: Path) -> None:
    with embedded.server(_settings(place)) as server:
        first = server.create_database("shop")
        with psycopg.connect(first) as connection:
            connection.execute("CREATE TABLE kept ()")
        assert server.create_database("shop") == first
        assert _query(first, "SELECT count(*) FROM pg_tables WHERE tablename = 'kept'") == 1


def test_a_server_of_ones_own_is_used_as_it_is() -> None:
    url = "postgresql://somebody@nowhere.invalid/shop"
    with embedded.server(load_settings(database_url=url)) as server:
        assert server.dsn == url
    with embedded.database(load_settings(database_url=url)) as dsn:
        assert dsn == url


def test_the_verbs_start_show_and_stop_the_server(place: Path) -> None:
    assert "not running" in _cli(place, "status").stdout
    started = _cli(place, "start")
    pid = _pid(_settings(place))
    assert f"PostgreSQL 18.6, process {pid}" in started.stdout

    # It was started to stay: whoever comes and goes in between does not stop it.
    with embedded.server(_settings(place)) as server:
        server.create_database("shop")
    shown = _cli(place, "status").stdout
    assert f"process {pid}" in shown
    assert "shop" in shown
    assert str(place / "data") in shown

    assert _cli(place, "stop").stdout == "stopped\n"
    assert not embedded.status(_settings(place)).running
    assert _cli(place, "stop").stdout == "it was not running\n"


def test_a_server_in_use_is_stopped_only_by_force(place: Path, hold: Callable[[Path], "subprocess.Popen[str]"]) -> None:
    holder = hold(place)
    pid = _said(holder)
    command = [sys.executable, "-c", "from setia.cli.main import main; main()", "db", "stop"]
    environment = {**os.environ, "SETIA_STATE_DIR": str(place)}
    refused = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert refused.stderr.startswith("setia: the embedded PostgreSQL is in use")
    assert f"{holder.pid}" in refused.stderr
    assert "--force" in refused.stderr
    assert _pid(_settings(place)) == pid

    assert _cli(place, "stop", "--force").stdout == "stopped\n"
    assert not embedded.status(_settings(place)).running
