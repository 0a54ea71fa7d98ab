"""Shops with a theme: each has a programme, the steps that it lives through, and an auditor that knows it by heart.

Nothing in here imports the engine.
"""

from tests.simulation.themes.caring import CARING
from tests.simulation.themes.coalition import COALITION
from tests.simulation.themes.deals import DEALS
from tests.simulation.themes.fair import FAIR
from tests.simulation.themes.friends import FRIENDS
from tests.simulation.themes.plus import PLUS, PLUS_FULL
from tests.simulation.themes.theme import Theme
from tests.simulation.themes.tills import LAST_FIRST, TILLS

_ALL = (DEALS, TILLS, LAST_FIRST, FAIR, FRIENDS, COALITION, PLUS, PLUS_FULL, CARING)
THEMES: dict[str, Theme] = {theme.name: theme for theme in _ALL}
