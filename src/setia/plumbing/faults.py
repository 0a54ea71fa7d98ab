"""What all faults have in common."""

from typing import ClassVar


class Fault(Exception):
    """The request or the world is wrong: not what a programme declines, and not a bug of ours.

    Its text says what, where, why and what to do. A subclass gives its stable `code` and keeps its data as attributes;
    it knows nothing of HTTP. The API shows a fault as a problem, a command as its last line.
    """

    code: ClassVar[str]
