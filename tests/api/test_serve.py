"""The commands: `setia serve` as a process of its own, and `setia keys`."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from typer.testing import CliRunner

from setia.cli.main import app
from setia.values.faults import Fault

SETIA = Path(sys.executable).parent / "setia"


@contextmanager
def _serving(dsn: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A server on a free port; its address as it prints it."""
    words: list[str | Path] = [SETIA, "serve", "--port", "0", "--database", dsn]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        found = re.search(r"http://\S+", said)
        assert found is not None, said
        yield found[0], process
    finally:
        process.kill()
        process.communicate()


def _ask(url: str, **headers: str) -> httpx.Response:
    with httpx.Client(transport=httpx.HTTPTransport(retries=10)) as client:
        return client.get(url, headers=headers, timeout=60)


def test_a_server_answers_and_leaves_in_order_when_it_is_told_to(dsn: str) -> None:
    runner = CliRunner()
    made = runner.invoke(app, ["keys", "create", "admin", "--name", "ops", "--by", "dewi", "--database", dsn])
    assert made.exit_code == 0, made.output
    secret = made.stdout.strip().splitlines()[-1]
    with _serving(dsn) as (address, process):
        assert _ask(f"{address}/health").json()["status"] == "ok"
        answer = _ask(f"{address}/v1/admin/keys", Authorization=f"Bearer {secret}")
        assert [key["name"] for key in answer.json()["keys"]] == ["ops"]
        assert "server" not in answer.headers
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
        assert "Traceback" not in said
        assert secret not in said


def test_keys_are_listed_and_revoked_by_commands(dsn: str) -> None:
    runner = CliRunner()
    made = runner.invoke(app, ["keys", "create", "admin", "--name", "ops", "--database", dsn])
    secret, key = made.stdout.strip(), made.stderr.split()[0]
    assert re.fullmatch(r"setia_admin_[0-9a-z]{32}", secret)
    listed = runner.invoke(app, ["keys", "list", "--database", dsn], env={"COLUMNS": "200"})
    assert "good" in listed.stdout
    assert secret not in listed.stdout
    assert runner.invoke(app, ["keys", "revoke", key, "--database", dsn]).exit_code == 0
    listed = runner.invoke(app, ["keys", "list", "--database", dsn], env={"COLUMNS": "200"})
    assert "revoked" in listed.stdout


def test_commands_say_what_is_wrong_with_their_words(dsn: str) -> None:
    runner = CliRunner()
    for words, said in (
        (["create", "till", "--name", "x"], "needs the programme"),
        (["create", "till", "--name", "x", "--programme", "nowhere"], "no programme 'nowhere'"),
        (["create", "member", "--name", "x", "--member", "me"], "expected an id like 'mem_"),
        (["revoke", "key_00000000000000000000000000"], "no key"),
    ):
        failed = runner.invoke(app, ["keys", *words, "--database", dsn])
        assert isinstance(failed.exception, Fault), failed.output
        assert said in str(failed.exception)


def test_an_address_that_is_taken_is_told(dsn: str) -> None:
    with _serving(dsn) as (address, _):
        assert _ask(f"{address}/health").status_code == 200
        port = address.rpartition(":")[2]
        words: list[str | Path] = [SETIA, "serve", "--port", port, "--database", dsn]
        second = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
        assert second.returncode == 1
        assert f"cannot listen on 127.0.0.1:{port}" in second.stderr
