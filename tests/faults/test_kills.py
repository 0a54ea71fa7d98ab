"""Whatever is killed at whatever moment: what was acknowledged stays, and nothing counts twice."""

import datetime as dt
import os
import random
import threading
import time
from collections import Counter
from pathlib import Path

import psycopg

from tests.faults.house import NAME, PATIENCE, House, await_that, sale
from tests.faults.load import Load
from tests.store.receiver import receiving

GIFT = 1_000_000
"""So many points that no return and no payment ever falls short: then balances are plain sums."""


def test_no_acknowledged_activity_is_lost_or_doubled_by_any_kill(house: House) -> None:
    seed = int(os.environ.get("SETIA_FAULTS_SEED", "1"))
    chance = random.Random(seed)
    members = house.join(8, GIFT)
    victims = ["processes", "postgres", "session", "session", "everything"]
    chance.shuffle(victims)
    with receiving() as receiver:
        server, worker = house.serve(), house.spawn("worker")
        made = house.admin().ask("POST", "/v1/admin/webhooks", {"url": receiver.url()})
        assert made.status == 201, made.raw
        with Load(house, seed, members) as load:
            for victim in victims:
                before = load.acknowledged()
                await_that("the tills are at work", lambda before=before: load.acknowledged() > before + 20)  # type: ignore[misc]
                time.sleep(chance.uniform(0, 0.5))
                if victim == "session":
                    house.kill_a_backend(chance.randrange(100))
                if victim in ("postgres", "everything"):
                    house.kill_postgres()
                if victim in ("processes", "everything"):
                    house.kill(server)
                    house.kill(worker)
                time.sleep(chance.uniform(0, 0.5))
                if victim in ("postgres", "everything"):
                    house.start_postgres()
                if victim in ("processes", "everything"):
                    server, worker = house.serve(), house.spawn("worker")
            before = load.acknowledged()
            await_that("the tills are at work again", lambda: load.acknowledged() > before + 50)
        load.check_book(GIFT)
        load.send_again(seed, 40)
        assert any(step.attempts > 1 for step in load.steps)
        waiting = "SELECT count(*) FROM deliveries WHERE state <> 'delivered'"
        await_that("all events are delivered", lambda: house.rows(waiting) == [(0,)])
        assert (worker.poll(), server.poll()) == (None, None)
        arrived = {(got.body["member"], got.body["sequence"], got.headers["webhook-id"]) for got in receiver.got}
        [(events, members_events)] = house.rows(
            """SELECT count(*), count(DISTINCT (o.member_id, o.seq)) FROM outbox o
               JOIN deliveries d ON d.event_id = o.id"""
        )
        assert len(arrived) == events == members_events


def test_while_the_database_is_away_every_request_gets_a_503_and_the_server_heals_by_itself(house: House) -> None:
    [member] = house.join(1, GIFT)
    server = house.serve()
    till = house.till()
    buying = sale(house, member, 10, "S-1")
    requests = [
        ("POST", "/v1/till/purchases", buying),
        ("POST", "/v1/till/quotes", {"member": house.name(member), "amount": "3.00"}),
        ("POST", "/v1/till/members/identify", {"card": "CARD000000"}),
        ("POST", "/v1/till/holds", {"member": house.name(member), "unit": "points", "amount": 5}),
        ("POST", "/v1/till/redemptions", {"member": house.name(member), "reward": "mug"}),
        ("POST", "/v1/till/members", {"card": "NEW1"}),
        ("GET", "/ready", None),
    ]
    assert till.ask("POST", "/v1/till/quotes", {"member": house.name(member), "amount": "3.00"}).status == 200
    house.kill_postgres()
    answers = []

    def asking(method: str, path: str, body: object) -> None:
        answers.append(house.till().ask(method, path, body, once=f"away {path}"))

    threads = [threading.Thread(target=asking, args=request) for request in requests for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(answers) == len(threads)
    for answer in answers:
        assert (answer.status, answer.headers["content-type"]) == (503, "application/problem+json"), answer
        assert int(answer.headers["retry-after"]) > 0
        assert answer.body["code"] == "database_unavailable"
        assert answer.seconds < 8
    assert till.ask("GET", "/health").status == 200
    house.start_postgres()
    started = time.monotonic()
    await_that("a purchase is taken", lambda: till.post("/purchases", buying, once="S-1").status == 200, 15)
    assert server.poll() is None, f"healed after {time.monotonic() - started:.1f} s"
    assert house.balance(member) == (GIFT + 10, 0)
    assert house.findings() == []


def test_an_event_outlives_a_crash_between_its_record_and_its_delivery(house: House) -> None:
    [member] = house.join(1)
    with receiving() as receiver:
        answers = receiver.answer
        house.serve()
        till = house.till()
        made = house.admin().ask("POST", "/v1/admin/webhooks", {"url": receiver.url(), "events": ["points.earned"]})
        assert made.status == 201, made.raw
        # Recorded while no worker runs, and everything is killed before one does.
        assert till.post("/purchases", sale(house, member, 10, "S-1"), once="S-1").status == 200
        house.kill(house.processes[0])
        house.kill_postgres()
        house.start_postgres()
        assert receiver.got == []
        # The first worker dies while the receiver thinks about it: nobody knows that it arrived.
        thinking = threading.Event()

        def slow(got: object) -> object:
            thinking.set()
            time.sleep(0.5)
            return answers(got)  # type: ignore[arg-type]

        receiver.answer = slow  # type: ignore[assignment]
        worker = house.spawn("worker")
        assert thinking.wait(PATIENCE)
        house.kill(worker)
        receiver.answer = answers
        house.spawn("worker")
        await_that("it is delivered", lambda: house.rows("SELECT state FROM deliveries") == [("delivered",)])
        assert len(receiver.got) >= 2
        assert len({(got.headers["webhook-id"], got.body["sequence"]) for got in receiver.got}) == 1


def test_points_end_once_though_the_worker_is_killed_while_it_works_off_the_clock(house: House) -> None:
    house.join(700, 30)
    with psycopg.connect(house.dsn) as conn:
        conn.execute("INSERT INTO clock_offset (ahead) VALUES (interval '400 days')")
    chance = random.Random(5)
    left = "SELECT count(*) FROM member_states WHERE due_at <= now() + interval '400 days'"
    worker = house.spawn("worker")
    await_that("the worker is at work", lambda: house.is_busy() or house.rows(left) != [(700,)])
    time.sleep(chance.uniform(0, 0.2))
    house.kill(worker)
    workers = [house.spawn("worker", "--once") for _ in range(2)]
    for worker in workers:
        assert worker.wait(PATIENCE) == 0, house.log("worker")
    ended = house.rows("SELECT member_id FROM activities WHERE type = 'balance.expired'")
    assert Counter(Counter(member for (member,) in ended).values()) == {1: 700}
    assert house.rows("SELECT sum(available), sum(held) FROM balances") == [(0, 0)]
    assert house.findings() == []


def test_a_file_that_was_half_taken_in_is_taken_in_whole_by_running_it_again(house: House, tmp_path: Path) -> None:
    house.join(40)
    at = dt.datetime.now(dt.UTC).isoformat()
    rows = [f"R-{number},{at},CARD{number % 40:06},{number % 9 + 1}.00" for number in range(3_000)]
    file = tmp_path / "sales.csv"
    file.write_text("\n".join(["external_id,occurred_at,member.card,amount", *rows]) + "\n")
    words = ("ingest", str(file), "--programme", NAME)
    taken = "SELECT count(*) FROM activities WHERE source = 'file'"
    first = house.spawn(*words)
    await_that("some of it is in the book", lambda: house.rows(taken) != [(0,)] or first.poll() is not None)
    house.kill(first)
    assert 0 < house.rows(taken)[0][0] < 3_000
    again = house.spawn(*words)
    assert again.wait(PATIENCE) == 0, house.log("ingest")
    assert house.rows(taken) == [(3_000,)]
    totals: Counter[int] = Counter()
    for number in range(3_000):
        totals[number % 40] += number % 9 + 1
    assert {member: house.balance(member)[0] for member in range(40)} == totals
    assert house.findings() == []
