"""The algorithm that everybody can run: vectors of the guide, even numbers, lists that cannot be changed unseen."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from setia.values.chance import (
    ALGORITHM,
    Chance,
    commitment,
    draw,
    inclusion_proof,
    is_client_seed,
    is_included,
    leaf_hash,
    number_from,
    root_hash,
)
from setia.values.draws import (
    DRAW_ALGORITHM,
    Entry,
    check_play,
    check_proof,
    check_record,
    entries_root,
    holder,
    prove,
    winners,
)

GUIDE = Path(__file__).parents[3] / "docs" / "guides" / "chance.md"
SEED = bytes(range(32))
ENTRIES = [Entry("act_a", 2), Entry("act_b", 1), Entry("act_c", 5)]


@pytest.fixture
def vectors() -> dict[str, Any]:
    (block,) = re.findall(r"```json\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    found: dict[str, Any] = json.loads(block)
    return found


def test_the_vectors_of_the_guide_hold(vectors: dict[str, Any]) -> None:
    seed = bytes.fromhex(vectors["seed"])
    assert commitment(seed) == vectors["commitment"]
    for drawn in vectors["draws"]:
        texts = [drawn[name] for name in ("what", "who", "nonce", "client_seed")]
        assert draw(seed, *texts, drawn["below"]) == drawn["numbers"]
        assert Chance("2026-11-21", seed).draw(*texts, drawn["below"]) == drawn["numbers"]
    entries = [Entry(found["entry"], found["tickets"]) for found in vectors["entries"]]
    assert entries_root(entries) == vectors["root"]
    assert prove(entries, 1)["proof"] == vectors["proof_of_act_b"]
    for beacon, places in vectors["places_of_draw_new-year"].items():
        assert [entries[index].code for index in winners("new-year", entries, seed, beacon, 3)] == places


def test_any_text_that_enters_a_draw_changes_it() -> None:
    asked = ["game wheel", "mem_1", "1", ""]
    first = draw(SEED, *asked, [2**64])
    others = [[*asked[:place], f"{asked[place]}x", *asked[place + 1 :]] for place in range(4)]
    assert all(draw(SEED, *other, [2**64]) != first for other in others)
    assert draw(bytes(32), *asked, [2**64]) != first


@pytest.mark.parametrize(("space", "below"), [(10, 3), (16, 5), (7, 7), (8, 1), (256, 100)])
def test_every_number_has_exactly_the_same_chance(space: int, below: int) -> None:
    """Over all first blocks of a small space: those above the largest multiple are asked again, the others are even."""
    asked_again = object()
    found: Counter[object] = Counter()
    for block in range(space):
        blocks = iter([block])
        try:
            found[number_from(blocks, below, space)] += 1
        except StopIteration:
            found[asked_again] += 1
    assert found.pop(asked_again, 0) == space % below
    assert dict(found) == dict.fromkeys(range(below), space // below)


def test_a_block_that_is_too_high_is_skipped() -> None:
    assert number_from(iter([9, 9, 4]), 3, 10) == 1


def test_only_plain_texts_are_client_seeds() -> None:
    assert all(is_client_seed(text) for text in ("", "a", "A-Z._9", "x" * 64))
    assert not any(is_client_seed(text) for text in ("a b", "a\n", "é", "x" * 65, "a/b"))


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6, 7, 8, 9, 13])
def test_every_line_of_a_list_can_be_proved_and_no_other(count: int) -> None:
    leaves = [leaf_hash(f"line {number}") for number in range(count)]
    root = root_hash(leaves)
    for index, leaf in enumerate(leaves):
        proof = inclusion_proof(leaves, index)
        assert is_included(leaf, index, count, proof, root)
        assert not is_included(leaf_hash("another"), index, count, proof, root)
        assert not is_included(leaf, index, count, [*proof, root], root)
        assert not is_included(leaf, index + count, count, proof, root)
        if proof:
            assert not is_included(leaf, index, count, proof[:-1], root)
            assert not is_included(leaf, index, count, proof[1:], root)


def test_an_empty_list_has_a_root_and_no_winner() -> None:
    assert root_hash([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert winners("x", [], SEED, "", 3) == []


CHANGED = {
    "one more": [*ENTRIES, Entry("act_d", 1)],
    "one less": ENTRIES[:2],
    "another order": [ENTRIES[1], ENTRIES[0], ENTRIES[2]],
    "more tickets": [Entry("act_a", 3), *ENTRIES[1:]],
    "another code": [Entry("act_x", 2), *ENTRIES[1:]],
}


@pytest.mark.parametrize("why", CHANGED)
def test_whoever_changes_the_list_changes_its_hash(why: str) -> None:
    assert entries_root(CHANGED[why]) != entries_root(ENTRIES)


def test_every_ticket_has_its_holder_and_each_entry_as_many_as_it_entered() -> None:
    tickets = [entry.tickets for entry in ENTRIES]
    assert Counter(holder(tickets, number) for number in range(8)) == {0: 2, 1: 1, 2: 5}


def test_nobody_wins_twice() -> None:
    for number in range(50):
        assert sorted(winners("x", ENTRIES, number.to_bytes(32, "big"), "", 9)) == [0, 1, 2]


def record(**more: Any) -> dict[str, Any]:
    """A published record of a draw."""
    order = winners("new-year", ENTRIES, SEED, "", 2)
    return {
        "algorithm": DRAW_ALGORITHM, "draw": "new-year", "commitment": commitment(SEED), "seed": SEED.hex(),
        "beacon": None, "root": entries_root(ENTRIES), "prizes": [{"reward": "scooter", "winners": 1}],
        "alternates": 1, "entries": [{"entry": entry.code, "tickets": entry.tickets} for entry in ENTRIES],
        "places": [{"place": n, "entry": ENTRIES[index].code} for n, index in enumerate(order, 1)], **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, []),
        ({"algorithm": "dice"}, ["no record"]),
        ({"entries": record()["entries"][::-1]}, ["the entries hash to", "the places go to"]),
        ({"seed": None}, ["not revealed yet"]),
        ({"commitment": "00" * 32}, ["published beforehand"]),
        ({"beacon": "beacon"}, ["the places go to"]),
        ({"places": []}, ["but the record says nobody"]),
        ({"entries": [], "root": entries_root([])}, ["the places go to nobody"]),
    ],
)
def test_a_record_is_recomputed_from_itself_alone(change: dict[str, Any], words: list[str]) -> None:
    found = check_record(record(**change))
    assert len(found) == len(words)
    assert all(word in problem for word, problem in zip(words, found, strict=True))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, []),
        ({"algorithm": "dice"}, ["no record"]),
        ({"seed": None}, ["not revealed yet"]),
        ({"commitment": "00" * 32}, ["published beforehand"]),
        ({"numbers": [66]}, ["the numbers are [65]"]),
        ({"nonce": "2"}, ["but the record says [65]"]),
    ],
)
def test_a_play_is_recomputed_from_its_proof_alone(change: dict[str, Any], words: list[str]) -> None:
    proof = {
        "algorithm": ALGORITHM, "period": "2026-11-21", "commitment": commitment(SEED), "seed": SEED.hex(),
        "what": "game lucky-wheel", "who": "mem_06ghz0k1x8e7jv2m3n4p5q6r7s", "nonce": "1", "client_seed": "",
        "below": [100], "numbers": [65],
    }  # fmt: skip
    found = check_play(proof | change)
    assert len(found) == len(words)
    assert all(word in problem for word, problem in zip(words, found, strict=True))


def test_a_loser_can_prove_to_have_been_in_the_list() -> None:
    proof = prove(ENTRIES, 2)
    assert check_proof(proof)
    assert not check_proof({**proof, "tickets": 6})
    assert not check_proof({**proof, "index": 1})
