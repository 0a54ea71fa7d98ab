"""Logs are structured, and hold no secrets and no personal data."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from setia.plumbing.logs import REDACTED, configure_logs, redact
from setia.plumbing.settings import load_settings


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


@pytest.mark.parametrize(
    "key", ["password", "api_key", "Authorization", "webhook_secret", "token", "email", "phone", "card", "birth_date"]
)
def test_secrets_and_personal_data_are_taken_out(key: str) -> None:
    event = redact(None, "info", {"event": "sent", "member": "mem_1", "request": {key: "hush", "lines": 2}})
    assert event == {"event": "sent", "member": "mem_1", "request": {key: REDACTED, "lines": 2}}


@pytest.mark.parametrize("key", ["key_id", "idempotency_key", "cardinality", "tokens_left"])
def test_what_is_no_secret_stays(key: str) -> None:
    assert redact(None, "info", {key: "plain"}) == {key: "plain"}


def test_a_password_inside_a_url_is_taken_out() -> None:
    event = redact(None, "info", {"urls": ["postgresql://shop:hush@db/setia"]})
    assert event == {"urls": [f"postgresql://shop:{REDACTED}@db/setia"]}


def test_a_log_line_is_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(load_settings(log_format="json"))
    structlog.get_logger("setia.test").info("activity recorded", activity="act_1", email="siti@example.com")
    logging.getLogger("uvicorn").warning("a library's %s", "message")
    logging.getLogger("setia.test").debug("not shown")
    ours, theirs = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert ours["event"] == "activity recorded"
    assert ours["activity"] == "act_1"
    assert ours["email"] == REDACTED
    assert ours["level"] == "info"
    assert ours["timestamp"].endswith("Z")
    assert (theirs["event"], theirs["level"]) == ("a library's message", "warning")


def test_an_exception_is_logged_with_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(load_settings(log_format="json"))
    try:
        raise RuntimeError("it broke")
    except RuntimeError:
        structlog.get_logger("setia.test").exception("failed")
    line = json.loads(capsys.readouterr().err)
    assert "RuntimeError: it broke" in line["exception"]
