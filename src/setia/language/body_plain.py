"""Bodies whose fields mean the same in every programme: type → how each field is read, and which must be there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from setia.language.body_values import (
    LONGEST_REASON,
    Reader,
    choice_reader,
    read_count,
    read_id,
    read_name,
    text_reader,
)
from setia.values.codes import Built

_reason = text_reader(LONGEST_REASON)

PLAIN: Final[Mapping[str, tuple[Mapping[str, Reader], tuple[str, ...]]]] = {
    Built.REVOKE: ({"voucher": read_count, "reason": _reason}, ("voucher", "reason")),
    Built.UNCLAIM: ({"voucher": read_count}, ("voucher",)),
    Built.CHALLENGE_JOINED: ({"challenge": read_name}, ("challenge",)),
    Built.AVATAR_CHOSEN: ({"avatar": read_name}, ()),
    Built.POOL_CLOSED: ({"pool": read_name}, ("pool",)),
    Built.MERGED: (
        {"with": read_id, "reason": _reason, "by": read_name, "duplicates": choice_reader(("flag", "reverse"))},
        ("with", "reason"),
    ),
    Built.UNMERGED: ({"with": read_id, "reason": _reason, "by": read_name}, ("with", "reason")),
    Built.ERASED: ({"points": choice_reader(("keep", "forfeit")), "by": read_name}, ()),
}
