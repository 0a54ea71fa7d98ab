"""Whatever a file says, reading it ends with a programme or with errors that stand somewhere in it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from setia.language.parse import load_programme
from tests.pure.language.sample import EVERYTHING

LINES = EVERYTHING.read_text(encoding="utf-8").split("\n")
SCRAPS = st.sampled_from([*"{ } [ ] ' \" 0 -1 never *a - # \\ é".split(), ": ", "\n", "&a ", "!!str ", "|\n", "<<: "])


@st.composite
def broken_files(draw: st.DrawFn) -> str:
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(lines) - 1))
        match draw(st.integers(0, 3)):
            case 0:
                del lines[at]
            case 1:
                lines.insert(draw(st.integers(0, len(lines))), lines[at])
            case 2:
                column = draw(st.integers(0, len(lines[at])))
                lines[at] = lines[at][:column] + draw(SCRAPS) + lines[at][column:]
            case _:
                column = draw(st.integers(0, len(lines[at])))
                lines[at] = lines[at][:column] + lines[at][column + draw(st.integers(1, 6)) :]
    return "\n".join(lines)


@settings(max_examples=60, deadline=None)
@given(broken_files())
def test_a_broken_file_is_explained_and_never_raises(text: str) -> None:
    loaded = load_programme(text)
    assert (loaded.programme is None) == any(found.severity == "error" for found in loaded.diagnostics)
    for found in loaded.diagnostics:
        assert 1 <= found.line <= text.count("\n") + 2
        assert found.column >= 1
        assert found.message
        assert found.hint


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_text_at_all_is_explained(text: str) -> None:
    assert load_programme(text).programme is None
