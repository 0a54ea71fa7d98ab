"""Many tills at once, requests that come again, and bodies that cannot be meant, over real sockets."""

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from setia.api.kinds import KINDS
from tests.faults.house import Answer, House, sale

TILLS = 200


def together(count: int, one: Callable[[int], Answer]) -> list[Answer]:
    """Everybody waits until all are there, then all at once."""
    ready = threading.Barrier(count)

    def at_once(number: int) -> Answer:
        ready.wait(60)
        return one(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(at_once, range(count)))


def test_of_two_hundred_tills_that_spend_the_last_points_exactly_one_wins(served: House) -> None:
    [member] = served.join(1, 10)
    tills = [served.till() for _ in range(TILLS)]
    name = served.name(member)
    spending: list[tuple[str, dict[str, Any]]] = [
        ("/redemptions", {"member": name, "reward": "mug"}),
        ("/holds", {"member": name, "unit": "points", "amount": 10}),
        ("/purchases", {"member": name, "amount": "0.50", "spend": {"points": 10}}),
    ]

    def spend(number: int) -> Answer:
        path, body = spending[number % len(spending)]
        keys = {"source": f"till-{number}", "external_id": "last"}
        while True:
            answer = tills[number].post(path, {**body, **keys}, once=f"last-{number}")
            if answer.status != 503:
                return answer
            time.sleep(float(answer.headers["retry-after"]) / 4)  # so many wait for one member: come again

    answers = together(TILLS, spend)
    assert Counter(answer.status == 200 for answer in answers) == {True: 1, False: TILLS - 1}
    declined = KINDS["insufficient_balance"].status
    told = {(answer.status, answer.body["code"]) for answer in answers if answer.status != 200}
    assert told == {(declined, "insufficient_balance")}
    assert served.balance(member) in [(0, 0), (0, 10)]
    assert served.findings() == []


def test_one_request_five_times_at_once_is_one_entry_and_four_replays(served: House) -> None:
    [member] = served.join(1)
    number = served.number()
    tills = [served.till() for _ in range(5)]
    body = sale(served, member, 10, f"once-{number}")
    answers = together(5, lambda till: tills[till].post("/purchases", body, once=f"once-{number}"))
    assert {answer.status for answer in answers} == {200}
    assert sorted(answer.is_replay for answer in answers) == [False, True, True, True, True]
    assert len({answer.raw for answer in answers}) == 1
    assert served.rows("SELECT count(*) FROM entries WHERE member_id = %s", served.members[member]) == [(1,)]
    assert served.balance(member) == (10, 0)


def test_a_natural_key_counts_once_whatever_request_brings_it(served: House) -> None:
    [member] = served.join(1)
    number = served.number()
    tills = [served.till() for _ in range(8)]
    body = sale(served, member, 10, f"natural-{number}")
    answers = together(8, lambda till: tills[till].post("/purchases", body, once=f"natural-{number}-{till}"))
    assert Counter(answer.body["status"] for answer in answers) == {"accepted": 1, "duplicate": 7}
    assert len({answer.body["activity"] for answer in answers}) == 1
    assert served.balance(member) == (10, 0)


def test_an_idempotency_key_is_that_of_one_till_alone(served: House) -> None:
    """Two tills count their requests from 1: neither gets the other's answer."""
    one, two = served.join(2, 20)
    made = served.admin().ask(
        "POST", "/v1/admin/keys", {"audience": "till", "name": "the other till", "programme": "tough-shop"}
    )
    assert made.status == 201, made.raw
    other = served.till()
    other._key = made.body["secret"]
    number = served.number()
    for till, member in ((served.till(), one), (other, two)):
        claimed = till.post("/redemptions", {"member": served.name(member), "reward": "mug"}, once=f"{number}")
        assert (claimed.status, claimed.body["status"]) == (200, "accepted")
        held = till.post("/holds", {"member": served.name(member), "unit": "points", "amount": 3}, once=f"h{number}")
        assert (held.status, held.body["status"], held.body["member"]) == (200, "accepted", served.name(member))
        assert served.balance(member) == (7, 3)


def bad_ones(served: House, name: str, number: int) -> list[tuple[dict[str, Any], str, str]]:
    """Activities that cannot be meant, with the code of their problem and where it is."""

    def bought(data: Any, **more: Any) -> dict[str, Any]:
        served_number = served.number()
        return {"type": "purchase.completed", "member": name, "source": "till-7", "data": data,
                "external_id": f"bad-{number}-{served_number}", **more}  # fmt: skip

    line = {"id": "1", "sku": "TEA", "quantity": 1, "amount": "1.00"}
    return [
        (bought({"amount": "1.00", "colour": "red"}), "unknown_field", "/data/colour"),
        (bought({"amount": ["1.00"]}), "wrong_type", "/data/amount"),
        (bought({"lines": [{**line, "quantity": -1}]}), "", "/data/lines/0/quantity"),
        (bought({"amount": {"amount": "1.00", "currency": "XXQ"}}), "", "/data/amount"),
        (bought({"amount": "1.00"}, occurred_at="tomorrow"), "bad_instant", "/occurred_at"),
        (bought({"amount": "1.00"}, member={"card": "C", "phone": "1"}), "conflicting_fields", "/member"),
        (bought({"amount": "1.00"}, member={"card": "NOBODYHASTHIS"}, type="nothing.happened"), "", "/type"),
        (bought({"amount": "1.00"}, source="clock"), "bad_choice", "/source"),
        (bought({"amount": "1.00"}, revision=-1), "wrong_type", "/revision"),
        ({"type": "purchase.completed", "member": name, "data": {"amount": "1.00"}}, "missing_field", "/source"),
        (bought({"unit": "points", "amount": 5}, type="balance.adjusted"), "not_from_outside", "/type"),
        (bought(5), "wrong_type", "/data"),
        ("nonsense", "wrong_type", ""),  # type: ignore[list-item]
        (bought({"amount": "1" + "0" * 40}), "", "/data/amount"),
    ]


def test_a_batch_records_the_good_ones_and_tells_each_bad_one_its_own_problem(served: House) -> None:
    members = served.join(20)
    number = served.number()
    bad = bad_ones(served, served.name(members[0]), number)
    batch: list[Any] = []
    places: dict[int, tuple[str, str]] = {}
    for place in range(1_000):
        if place % 50 == 7 and bad:
            item, code, pointer = bad.pop()
            places[place] = (code, pointer)
            batch.append(item)
        else:
            good = sale(served, members[place % 20], 3, f"B-{number}-{place}")
            amount = good.pop("amount")
            batch.append({**good, "type": "purchase.completed", "data": {"amount": amount}})
    assert not bad
    first = served.till().post("/activities", {"activities": batch}, once=f"batch-{number}")
    assert first.status == 200, first.raw[:500]
    good_count = 1_000 - len(places)
    assert first.body["counts"] == {"accepted": good_count, "failed": len(places)}
    for place, (code, pointer) in places.items():
        problem = first.body["answers"][place]["problem"]
        assert (problem["status"], problem["code"]) == (422, "invalid"), problem
        found = problem["errors"][0]
        assert pointer in found["pointer"], (pointer, problem)
        assert found["message"], problem
        assert not code or found["code"] == code, (code, problem)
    assert sum(served.balance(member)[0] for member in members) == 3 * good_count
    before = served.counts()
    again = served.till().post("/activities", {"activities": batch}, once=f"batch-{number}")
    assert (again.is_replay, again.raw) == (True, first.raw)
    fresh = served.till().post("/activities", {"activities": batch}, once=f"batch-{number}-b")
    assert fresh.body["counts"] == {"duplicate": good_count, "failed": len(places)}
    after = served.counts()
    assert after.pop("requests") - before.pop("requests") == 1
    assert after == before
    assert served.findings() == []


TEN_MEGABYTES = b'{"source": "till-7", "external_id": "' + b"x" * 10_000_000 + b'"}'


@pytest.mark.parametrize(
    ("path", "body", "status", "code", "told"),
    [
        ("/purchases", {"amount": "1.00", "colour": "red"}, 422, "invalid", "/colour"),
        ("/purchases", {"amount": "1.00", "amuont": "2.00"}, 422, "invalid", "did you mean"),
        ("/purchases", {"amount": True}, 422, "invalid", "/amount"),
        ("/purchases", {"amount": {}}, 422, "invalid", "/amount"),
        ("/purchases", {"lines": [{"sku": "T", "quantity": -2, "amount": "1.00"}]}, 422, "invalid", "/lines/0/quant"),
        ("/purchases", {"amount": "1.00", "occurred_at": "2099-01-01T00:00:00Z"}, 422, "occurred_in_future", "future"),
        ("/purchases", {"amount": {"amount": "1.00", "currency": "QQQ"}}, 422, "invalid", "/amount"),
        ("/purchases", {"amount": "1.00", "member": "mem_nonsense"}, 422, "invalid", "/member"),
        ("/purchases", {"amount": "NaN"}, 422, "invalid", "/amount"),
        ("/purchases", {"amount": "9" * 60}, 422, "invalid", "/amount"),
        ("/purchases", [1, 2], 422, "invalid", "object"),
        ("/purchases", b'{"amount": "1.00",', 400, "malformed_json", "line 1"),
        ("/purchases", b"\xff\xfe\x00", 400, "malformed_json", "line"),
        ("/purchases", b"", 400, "malformed_json", "no body"),
        ("/purchases", b"[" * 2_000 + b"]" * 2_000, 400, "malformed_json", "depth"),
        ("/purchases", TEN_MEGABYTES, 413, "body_too_large", "1,048,576"),
        ("/activities", TEN_MEGABYTES, 413, "body_too_large", "8,388,608"),
        ("/activities", {"activities": [{}] * 1_001}, 422, "invalid", "1,000"),
        ("/holds", {"unit": "points", "amount": -5}, 422, "invalid", "/amount"),
        ("/holds", {"unit": "stars", "amount": 5}, 422, "invalid", "/unit"),
        ("/redemptions", {"reward": "spaceship"}, 422, "reward_unknown", "spaceship"),
        ("/returns", {"of": {"source": "a"}}, 422, "invalid", "/of"),
    ],
)  # fmt: skip
def test_a_bad_request_is_explained_within_a_second_and_leaves_no_trace(
    served: House, path: str, body: Any, status: int, code: str, told: str
) -> None:
    if not served.members:
        served.join(1, 100)
    number = served.number()
    if isinstance(body, dict) and "activities" not in body:
        keys = {"member": served.name(0), "source": "till-7", "external_id": f"bad-{number}"}
        body = {**keys, **body}
    till = served.till()
    assert till.ask("GET", "/ready").status == 200
    before = served.counts()
    answer = till.post(path, body, once=f"bad-{number}")
    assert (answer.status, answer.body["code"]) == (status, code), answer.raw[:400]
    assert answer.headers["content-type"] == "application/problem+json"
    assert told in answer.raw.decode(), answer.raw[:400]
    assert answer.seconds < 1
    after = served.counts()
    if code == "reward_unknown":  # an expected no is recorded like a yes, and moves nothing
        grown = {table for table in after if after[table] != before[table]}
        assert grown <= {"activities", "natural_keys", "requests", "member_states"}
    else:
        assert after == before
    assert served.till().ask("GET", "/ready").status == 200


def test_a_body_that_never_ends_keeps_nobody_else_waiting(served: House) -> None:
    """A till that announces more than it sends holds its own connection only."""
    with socket.create_connection(("127.0.0.1", served.port)) as slow:
        head = f"POST /v1/till/purchases HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {served.till_key}\r\n"
        slow.sendall(f"{head}Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{{".encode())
        started = time.monotonic()
        for _ in range(20):
            assert served.till().ask("GET", "/ready").status == 200
        assert time.monotonic() - started < 10


BRACKETS = "(" * 2_000 + "1" + ")" * 2_000
GOOD = "programme: p\ntitle: P\ncurrency: EUR\ntimezone: UTC\nunits:\n  points: {expires: never}\nrules:\n"


BAD = {
    "open": ("programme: [oops\n  - x: {", "line"),
    "tab": ("programme: p\n\tunits: 1\n", ":2:"),
    "brackets": (GOOD + f"  earn: {{on: purchase.completed, give: {{points: '{BRACKETS}'}}}}\n", ":8:"),
    "nots": (GOOD + f"  earn: {{on: purchase.completed, when: '{'!' * 2_000}true', give: {{points: 1}}}}\n", ":8:"),
    "lists": (GOOD + f"  earn: {'[' * 2_000}{']' * 2_000}\n", ":8:"),
    "control": ("programme: \x01\n", ":1:"),
    "empty": ("", ""),
}


def test_bad_definitions_are_explained_at_their_lines_by_the_commands(served: House, tmp_path: Path) -> None:
    before = served.counts()
    files = []
    for name, (text, _) in BAD.items():
        files.append(str(tmp_path / f"{name}.yaml"))
        Path(files[-1]).write_text(text)
    for words in (["check", *files], ["publish", files[2], "--database", served.database]):
        done = served.run(*words)
        said = done.stdout + done.stderr
        assert (done.returncode, "Traceback" in said) == (1, False), said
        assert len(said) < 20_000
        for name, (_, where) in BAD.items():
            if words[0] == "check" or name == "brackets":
                assert f"{name}.yaml{where}" in said.replace("\n", "") or where == "line", said
                assert f"{name}.yaml" in said
    assert served.counts() == before


@pytest.mark.parametrize("name", list(BAD))
def test_a_bad_definition_is_explained_by_the_api_within_a_second(served: House, name: str) -> None:
    before = served.counts()
    answer = served.admin().ask("POST", "/v1/admin/check", {"source": BAD[name][0]})
    assert answer.status == 200, answer.raw[:400]
    errors = [one for one in answer.body["diagnostics"] if one["severity"] == "error"]
    assert errors
    assert all(one["message"] and one["line"] >= 1 for one in errors), errors
    assert answer.seconds < 1
    assert served.counts() == before
