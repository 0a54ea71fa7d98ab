"""`setia verify-draw` on files: what was published is enough, and what was changed is found."""

import json
from pathlib import Path
from typing import Any

from setia.values.chance import ALGORITHM, commitment, draw
from setia.values.draws import DRAW_ALGORITHM, Entry, entries_root, prove, winners
from tests.pure.cli.test_verbs import setia

SEED = bytes(range(32))
ENTRIES = [Entry("act_a", 2), Entry("act_b", 1), Entry("act_c", 5)]


def written(folder: Path, record: Any) -> str:
    file = folder / "record.json"
    file.write_text(json.dumps(record), encoding="utf-8")
    return str(file)


def record() -> dict[str, Any]:
    order = winners("new-year", ENTRIES, SEED, "", 1)
    return {
        "algorithm": DRAW_ALGORITHM, "draw": "new-year", "commitment": commitment(SEED), "seed": SEED.hex(),
        "beacon": None, "root": entries_root(ENTRIES), "prizes": [{"reward": "scooter", "winners": 1}],
        "alternates": 0, "entries": [{"entry": entry.code, "tickets": entry.tickets} for entry in ENTRIES],
        "places": [{"place": n, "entry": ENTRIES[index].code} for n, index in enumerate(order, 1)],
    }  # fmt: skip


def test_a_draw_is_recomputed_from_its_record(tmp_path: Path) -> None:
    done = setia("verify-draw", written(tmp_path, record()))
    assert done.exit_code == 0
    assert "1. act_a" in done.output
    changed = record() | {"places": [{"place": 1, "entry": "act_b"}]}
    done = setia("verify-draw", written(tmp_path, changed))
    assert (done.exit_code, "the record says act_b" in done.output) == (1, True)


def test_a_play_and_a_proof_are_recomputed(tmp_path: Path) -> None:
    proof = {
        "algorithm": ALGORITHM, "period": "2026-11-21", "commitment": commitment(SEED), "seed": SEED.hex(),
        "what": "game wheel", "who": "mem_1", "nonce": "1", "client_seed": "", "below": [10],
        "numbers": draw(SEED, "game wheel", "mem_1", "1", "", [10]),
    }  # fmt: skip
    assert setia("verify-draw", written(tmp_path, {"game": "wheel", "proof": proof})).exit_code == 0
    assert setia("verify-draw", written(tmp_path, proof | {"nonce": "2"})).exit_code == 1
    assert "is in the list" in setia("verify-draw", written(tmp_path, prove(ENTRIES, 1))).output
    assert setia("verify-draw", written(tmp_path, prove(ENTRIES, 1) | {"tickets": 9})).exit_code == 1


def test_what_is_no_record_is_refused_in_words(tmp_path: Path) -> None:
    for wrong in ([], {"algorithm": DRAW_ALGORITHM}):
        assert setia("verify-draw", written(tmp_path, wrong)).exit_code == 2
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    assert setia("verify-draw", str(tmp_path / "broken.json")).exit_code == 2
