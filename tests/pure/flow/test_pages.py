"""The pages say all that a member feels of a programme, in three languages, and what they compute is what is booked."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import string
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from enum import Enum
from fractions import Fraction
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args, get_type_hints
from zoneinfo import ZoneInfo

import pytest

from setia.flow.pages import texts
from setia.flow.pages.document import Bullets, Document, Paragraph, Section, Table
from setia.flow.pages.html import html
from setia.flow.pages.markdown import markdown
from setia.flow.pages.pages import Page, write_page
from setia.flow.pages.phrase_texts import PHRASES
from setia.flow.pages.phrases import Phrases
from setia.flow.pages.probes import shown
from setia.flow.pages.speaker import Speaker
from setia.flow.pages.terms import terms
from setia.flow.pages.writer import Writer
from setia.flow.scenarios.source import merged
from setia.flow.words import LANGUAGES
from setia.language import model
from setia.language.diagnostics import Findings
from setia.language.expressions import Expression
from setia.language.model import Programme
from setia.language.nodes import Mapping as Mapped
from setia.language.nodes import read_nodes
from setia.language.parse import load_nodes, load_programme
from setia.values.instants import Calendar, Span, Step, Window

ROOT = Path(__file__).parents[3]
EVERYTHING = ROOT / "tests/pure/language/good/everything.yaml"
FILES = [*sorted((ROOT / "examples").glob("*/*.yaml")), EVERYTHING]
AT = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)

#: Fields of the language's model that no term mentions, and why a member has nothing to know of them.
SILENT = {
    "Programme": {"digest": "of the file", "name": "for machines; the title is said", "currency_decimals": "follows",
                  "budgets": "told at the rules that share them",
                  "activities": "told where a rule or a metric looks at them"},
    "Unit": {"name": "for machines; the title is said", "breakage": "for the books",
             "forms": "of the title, in the languages that have plurals"},
    "Metric": {"name": "for machines; the title is said", "decimals": "follows from what is counted"},
    "Level": {"name": "for machines; the title is said", "rank": "the order of the table",
              "up_to": "said for reading in the file alone: a gap belongs to the level below"},
    "Rule": {"name": "for machines; the title is said", "position": "the order of the page"},
    "Group": {"name": "for machines; its rules are listed"},
    "Gives": {"kind": "follows from what is given"},
    "Budget": {"name": "told at the rules that share it"},
    "EarnTerms": {"prices": "between partners, but for the units", "owed": "between partners"},
    "BurnTerms": {"prices": "between partners, but for the units"},
    "Pack": {"amount": "between partners"},
    "Partner": {"name": "for machines; the title is said"},
    "Badge": {"name": "for machines; the title is said"},
    "Avatar": {"name": "for machines; the title is said"},
    "Challenge": {"name": "for machines; the title is said"},
    "Goal": {"name": "for machines; the title is said"},
    "Leaderboard": {"name": "for machines; the title is said"},
    "Cause": {"name": "for machines; the title is said"},
    "Exchange": {"name": "for machines; the title is said"},
    "Game": {"name": "for machines; the title is said"},
    "Prize": {"name": "for machines; the title is said", "weight": "told as the odds, which engines compute"},
    "QuizQuestion": {"name": "for machines; the text is said", "right": "who plays finds out"},
    "Raffle": {"name": "for machines; the title is said"},
    "Contest": {"name": "for machines; the title is said"},
    "ContestField": {"name": "for machines; the title is said"},
    "ProductDrop": {"name": "for machines; the title is said"},
    "Plan": {"name": "for machines; the title is said", "rank": "the order of the page"},
    "Price": {"every": "how the file says the span"},
    "Reward": {"name": "for machines; the title is said", "position": "the order of the table"},
    "ActivityType": {"name": "for machines; the title is said", "fields": "told where a condition reads them",
                     "lines": "told where a condition reads them"},
    "FieldType": {"name": "the key in the list", "kind": "how a till writes it", "required": "how a till writes it",
                  "one_of": "how a till writes it"},
}  # fmt: skip


#: Fields that name something: where its names are.
NAMED = {
    "unit": "units",
    "reward": "rewards",
    "group": "groups",
    "plan": "plans",
    "badge": "badges",
    "metric": "metrics",
    "partner": "partners",
    "issuer": "partners",
}
#: Fields that only some values make sense for.
KINDS: dict[tuple[str, str], list[Any]] = {
    ("Game", "kind"): ["wheel", "scratch"],
    ("Prize", "line"): [("any", "any", "any")],
}
#: What neither the examples nor the programme with everything has: a ladder by balance, a unit that nothing looks at.
BY_BALANCE = """
programme: shop
currency: EUR
timezone: Europe/Berlin
units: {points: , spare: }
tiers: {by: balance.points, levels: {blue: {from: 0}, gold: {from: 9}}}
plans: {silver: {lasts: 30 days, benefits: {rate: 2}}, golden: {lasts: 60 days, benefits: {rate: 3}}}
rules:
  one: {on: purchase.completed, give: {points: 1}}
  two: {on: member.joined, give: {plan: silver}}
  three: {on: member.birthday, give: {plan: golden}}
"""
REMOVED = object()
BY_ITS_PARTS = object()


def programme_of(file: Path) -> Programme:
    loaded = load_programme(file.read_text(encoding="utf-8"))
    assert loaded.programme is not None, loaded.diagnostics
    return loaded.programme


def of_the_reference() -> Programme:
    """The programme that the examples of the reference are together: it has every setting."""
    page = (ROOT / "docs/reference/programme.md").read_text(encoding="utf-8")
    findings = Findings("programme.md")
    root = read_nodes("programme: x", findings)
    for block in re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        found = read_nodes(block, findings)
        assert isinstance(root, Mapped)
        assert isinstance(found, Mapped)
        root = merged(root, found)
    assert isinstance(root, Mapped)
    loaded = load_nodes(root, "", "programme.md")
    assert loaded.programme is not None, loaded.diagnostics
    return loaded.programme


def texts_of(document: Document) -> Iterator[str]:
    """All that can be read on a page."""

    def inner(section: Section) -> Iterator[str]:
        yield section.heading
        yield from blocks(section.blocks)
        for deeper in section.sections:
            yield from inner(deeper)

    def blocks(found: tuple[Any, ...]) -> Iterator[str]:
        for block in found:
            if isinstance(block, Paragraph):
                yield block.text
            elif isinstance(block, Bullets):
                yield from block.items
            else:
                assert isinstance(block, Table)
                yield from (block.caption, *block.head, *(cell for row in block.rows for cell in row))

    yield document.title
    yield from blocks(document.blocks)
    for section in document.sections:
        yield from inner(section)


# What is said -----------------------------------------------------------------------------------------------------


def is_of_the_language(value: Any) -> bool:
    """Whether it is a part of a programme that a marketer can write."""
    module = type(value).__module__
    return (
        dataclasses.is_dataclass(value)
        and module.startswith("setia.language")
        and not module.startswith("setia.language.expressions")
    )


def another(value: Any, hint: Any, expressions: list[Expression]) -> Any:
    """A value of the same type that is not ``value``; None where it cannot be made up."""
    options = [option for option in get_args(hint) if isinstance(option, str)]
    for nested in get_args(hint):
        options += [option for option in get_args(nested) if isinstance(option, str)]
    if is_of_the_language(value):
        if type(None) in get_args(hint):
            return REMOVED
        return model.NeverExpires() if model.NeverExpires in get_args(hint) else BY_ITS_PARTS
    match value:
        case None if dt.datetime in get_args(hint):
            return AT
        case bool():
            return not value
        case Enum():
            return next(member for member in type(value) if member is not value)
        case str() if options:
            return next((option for option in options if option != value), None)
        case str():
            return f"{value}-other"
        case int():
            return value + 1
        case Fraction():
            return value * 2 + 1
        case Span():
            return Span(value.count + 1, value.step)
        case Window():
            return Window(Calendar.ROLLING, Span(17, Step.DAYS))
        case Expression():
            return next((other for other in expressions if other.source != value.source), None)
        case dt.datetime():
            return value + dt.timedelta(days=1)
        case dt.date():
            return value + dt.timedelta(days=1)
        case ZoneInfo():
            return ZoneInfo("Asia/Tokyo")
        case frozenset():
            return frozenset(value) ^ {3}
        case (tuple() as first,):
            return (tuple(number + 1 for number in first),)
        case (str(),):
            return ("other",)
        case tuple() if value:
            return value[:-1]
        case Mapping() if all(isinstance(text, str) for text in value.values()):
            return dict.fromkeys([*value, *LANGUAGES], "Another name")
        case Mapping():
            return dict(list(value.items())[:-1])
    return None


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every dataclass of the model inside of ``value``, with the way to it."""
    if is_of_the_language(value):
        yield path, value
        for field in dataclasses.fields(value):
            yield from places(getattr(value, field.name), (*path, field.name))
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from places(inner, (*path, ("key", key)))
    elif isinstance(value, tuple):
        for number, inner in enumerate(value):
            yield from places(inner, (*path, ("at", number)))


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """``value`` with ``new`` at the end of ``path``."""
    if not path:
        return new
    head, rest = path[0], path[1:]
    if isinstance(head, str):
        return dataclasses.replace(value, **{head: changed(getattr(value, head), rest, new)})
    kind, key = head
    if kind == "key":
        return {**value, key: changed(value[key], rest, new)}
    return (*value[:key], changed(value[key], rest, new), *value[key + 1 :])


def said(programme: Programme, language: str) -> str | None:
    """The terms without examples; None when the change made no programme."""
    try:
        return "\n".join(texts_of(terms(Writer(programme, language, AT), with_examples=False)))
    except (AssertionError, KeyError, IndexError, ValueError, StopIteration, TypeError, AttributeError):
        return None


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_terms_say_every_setting_that_a_member_feels(language: str) -> None:
    """Each field of the model is changed somewhere, and the terms change with it: a new field has to be said."""
    spoken: dict[str, set[str]] = defaultdict(set)
    met: dict[str, set[str]] = defaultdict(set)
    by_balance = load_programme(BY_BALANCE).programme
    assert by_balance is not None, load_programme(BY_BALANCE).diagnostics
    files = [EVERYTHING, *(ROOT / "examples").glob("*/programme.yaml")]
    for programme in (by_balance, of_the_reference(), *map(programme_of, files)):
        before = said(programme, language)
        assert before is not None
        found = list(places(programme))
        expressions = [value for _, part in found for field in dataclasses.fields(part)
                       if isinstance(value := getattr(part, field.name), Expression)]  # fmt: skip
        for path, part in found:
            name = type(part).__name__
            hints = get_type_hints(type(part), vars(sys.modules[type(part).__module__]))
            for field in dataclasses.fields(part):
                met[name].add(field.name)
                if field.name in spoken[name] or field.name in SILENT.get(name, {}):
                    continue
                value = getattr(part, field.name)
                new = another(value, hints[field.name], expressions)
                if field.name in NAMED and value is not None:
                    new = next((name for name in getattr(programme, NAMED[field.name]) if name != value), None)
                if field.name == "metrics" and value and name == "Tiers":
                    new = tuple(list(programme.metrics)[-len(value) :])
                if new is BY_ITS_PARTS:
                    spoken[name].add(field.name)
                options = [] if new is None or new is BY_ITS_PARTS else [None if new is REMOVED else new]
                options += KINDS.get((name, field.name), [])
                if isinstance(value, Mapping) and value and hasattr(last := list(value.values())[-1], "name"):
                    options.append({**value, "another": dataclasses.replace(last, name="another")})
                if value is not None and type(None) in get_args(hints[field.name]):
                    options.append(None)
                for option in options:
                    after = said(changed(programme, (*path, field.name), option), language)
                    if after is not None and after != before:
                        spoken[name].add(field.name)
                        break
    unsaid = [
        f"{name}.{field}"
        for name, fields in met.items()
        for field in sorted(fields - spoken[name] - set(SILENT.get(name, {})))
    ]
    assert unsaid == [], f"say them in flow/pages (in three languages), or give the reason in SILENT: {unsaid}"


def test_every_type_of_the_model_is_in_the_programme_that_uses_everything() -> None:
    types = {
        name
        for name, found in vars(model).items()
        if dataclasses.is_dataclass(found) and found.__module__ == model.__name__
    }
    met = {type(part).__name__ for file in FILES for _, part in places(programme_of(file))}
    assert types - met == set()


# Words ------------------------------------------------------------------------------------------------------------


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_the_texts_have_the_same_gaps_in_three_languages() -> None:
    assert len(texts.TEXTS) > 100
    for key, three in {**texts.TEXTS, **PHRASES}.items():
        assert len(three) == len(LANGUAGES) == 3, key
        assert gaps(three[0]) == gaps(three[1]) == gaps(three[2]), key
        assert all(text == text.strip() or key in ("&&", "||") for text in three), key


# Words of the one language that are wrong in the other.
INDONESIAN = (
    "poin|kedaluwarsa|belanja|gratis|diskon|anggota|karena|kapan|bisa|uang|setelah|(?<![Kk]ad )hadiah|tingkat|struk"
)
MALAY = (
    "mata|luput|pembelian|percuma|diskaun|ahli|kerana|bilakah|boleh digunakan|wang|selepas|ganjaran|tahap|resit|baharu"
)


def test_indonesian_is_not_malay_and_malay_is_not_indonesian() -> None:
    for key, (_, indonesian, malay) in {**texts.TEXTS, **PHRASES}.items():
        if key != "until.instant":
            assert not re.search(rf"\b({INDONESIAN})\b", malay), (key, malay)
            assert not re.search(rf"\b({MALAY})\b", indonesian), (key, indonesian)
    differ = [key for key, (_, indonesian, malay) in texts.TEXTS.items() if indonesian.lower() != malay.lower()]
    assert len(differ) > len(texts.TEXTS) * 3 // 4


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_every_page_of_every_programme_is_whole(file: Path) -> None:
    programme = programme_of(file)
    for page in Page:
        written = {language: write_page(programme, page, language, AT) for language in LANGUAGES}
        for language, document in written.items():
            assert document.language == language
            found = list(texts_of(document))
            assert [text for text in found if re.search(r"[{}]|\bNone\b|\bTrue\b|Fraction\(|Expression\(", text)] == []
            assert [text for text in found if not text.strip()] == []
            anchors = [section.anchor for section in document.sections]
            assert len(anchors) == len(set(anchors))
        assert len({markdown(document) for document in written.values()}) == 3
        # The three say the same, part by part.
        assert len({tuple(shape(section) for section in document.sections) for document in written.values()}) == 1


def shape(section: Section) -> tuple[Any, ...]:
    counts = tuple(len(block.items) if isinstance(block, Bullets) else 1 for block in section.blocks)
    return section.anchor, counts, tuple(shape(inner) for inner in section.sections)


def test_an_unknown_language_is_english() -> None:
    programme = programme_of(EVERYTHING)
    assert write_page(programme, Page.FAQ, "fr", AT) == write_page(programme, Page.FAQ, "en", AT)


# Examples ---------------------------------------------------------------------------------------------------------


def test_examples_are_computed_by_the_engine() -> None:
    programme = programme_of(ROOT / "examples/toko-setia/programme.yaml")
    said_of = {language: "\n".join(texts_of(write_page(programme, Page.TERMS, language, AT))) for language in LANGUAGES}
    assert "(Rp190,000 ÷ Rp10,000, rounded down) × 1 = 19, so 19 points." in said_of["en"]
    assert "(Rp190.000 ÷ Rp10.000, dibulatkan ke bawah) × 1 = 19, jadi 19 poin." in said_of["id"]
    assert "(Rp190,000 ÷ Rp10,000, dibundarkan ke bawah) × 1 = 19, jadi 19 mata." in said_of["ms"]
    assert "19 points: usable from 16 March 2026, last day 31 March 2027." in said_of["en"]
    assert "19 poin: bisa dipakai mulai 16 Maret 2026, hari terakhir 31 Maret 2027." in said_of["id"]
    assert "19 mata: boleh digunakan mulai 16 Mac 2026, hari terakhir 31 Mac 2027." in said_of["ms"]
    assert "All of it goes back the next day, which takes back 19 points." in said_of["en"]
    (levels,) = (
        block
        for section in write_page(programme, Page.TERMS, "en", AT).sections
        if section.anchor == "examples"
        for block in section.blocks
        if isinstance(block, Table)
    )
    assert [row[0] for row in levels.rows] == ["Bronze", "Silver", "Gold"]
    assert [row[3] for row in levels.rows] == ["19 points", "36 points", "51 points"]


def test_an_example_follows_the_definition() -> None:
    text = (ROOT / "examples/toko-setia/programme.yaml").read_text(encoding="utf-8")
    programme = load_programme(text.replace("rate: 1\n", "rate: 4\n")).programme
    assert programme is not None
    assert "× 4 = 76, so 76 points" in "\n".join(texts_of(write_page(programme, Page.HOW, "en", AT)))


def test_an_example_is_bought_when_the_rule_is_open_and_as_it_asks() -> None:
    programme = programme_of(ROOT / "examples/toko-setia/programme.yaml")
    coffee = shown(programme, programme.rules["happy-hour-coffee"], AT)
    assert coffee is not None
    assert coffee.activity.occurred_at.astimezone(programme.zone).hour == 7
    assert [line["category"] for line in coffee.activity.body["lines"]] == ["coffee"]
    brand = shown(programme, programme.rules["brand-day"], AT)
    assert brand is not None
    assert brand.activity.occurred_at.astimezone(programme.zone).date() == dt.date(2026, 8, 17)
    assert shown(programme, programme.rules["brand-day"], AT + dt.timedelta(days=365)) is None
    assert shown(programme, programme.rules["birthday"], AT) is None


# How it looks -----------------------------------------------------------------------------------------------------


class Reader(HTMLParser):
    """Reads a page strictly: what is opened is closed, in order; nothing is loaded from elsewhere."""

    VOID = frozenset({"meta"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.labels: list[str] = []
        self.tags: list[str] = []
        self.language = ""
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.language = found.get("lang", self.language)
        assert not {"src", "onclick", "style"} & set(found)
        self.ids += [found["id"]] if "id" in found else []
        self.labels += [found["aria-labelledby"]] if "aria-labelledby" in found else []
        self.links += [found["href"]] if "href" in found else []
        if tag == "th":
            assert found["scope"] in ("col", "row")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text.append(data)


@pytest.mark.parametrize("page", Page)
def test_the_html_is_well_formed_and_can_be_found_one_s_way_in(page: Page) -> None:
    document = write_page(programme_of(EVERYTHING), page, "ms", AT, 3)
    reader = Reader()
    reader.feed(html(document))
    assert reader.open == []
    assert reader.language == "ms"
    assert len(reader.ids) == len(set(reader.ids))
    assert set(reader.labels) <= set(reader.ids)
    assert {link.removeprefix("#") for link in reader.links} <= set(reader.ids)
    assert reader.tags.count("h1") == 1
    levels = [int(tag[1]) for tag in reader.tags if re.fullmatch(r"h\d", tag)]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert "script" not in reader.tags
    assert set(texts_of(document)) <= set(reader.text)


def test_nothing_in_a_title_becomes_part_of_the_page() -> None:
    text = (ROOT / "examples/coffee-stamps/programme.yaml").read_text(encoding="utf-8")
    nasty = """'<script>alert("x")</script> | *a* & [b](c)'"""
    programme = load_programme(text.replace("{en: A free cup, id:", f"{{en: {nasty}, id:")).programme
    assert programme is not None
    document = write_page(programme, Page.HOW, "en", AT)
    assert "<script" not in html(document)
    assert "&lt;script&gt;" in html(document)
    row = next(line for line in markdown(document).splitlines() if "alert" in line and line.startswith("|"))
    assert r"\<script\>" in row
    assert r"\| \*a\* & \[b\](c)" in row
    assert len(re.findall(r"(?<!\\)\|", row)) == 5


def test_a_number_at_the_beginning_of_a_line_is_no_list() -> None:
    document = Document("en", "1. One", (Paragraph("2. Two"), Bullets(("3) three", "4.5 of it"))))
    assert markdown(document) == "# 1. One\n\n2\\. Two\n\n- 3\\) three\n- 4.5 of it\n"


# Conditions in words ----------------------------------------------------------------------------------------------

CONDITIONS = [
    ("purchase.total >= 100", "the total of the purchase is at least €100"),
    ("100 < purchase.total", "€100 is less than the total of the purchase"),
    ('purchase.channel in ["app", "web"]', "the channel is “app” or “web”"),
    ('purchase.channel == ""', "the channel is not said"),
    ('"X" in purchase.codes', "“X” is among the codes that you gave"),
    ("!member.vip && (wallet.points > 5 || tier.rank < 1)",
     ("it is not so that “vip” holds and (the number of your points is more than 5 or the rank of your level "
      "(the lowest is 0) is less than 1)")),
    ('tier.name != "gold"', "your level is not Gold level"),
    ("purchase.local_date >= date(\"2026-03-01\")", "the day is at least 1 March 2026"),
    ("abs(spent - 5) > -3", "(the size of “spent” − €5) is more than -3"),
    ("ceil(spent) % 7 == 1", "(“spent”, rounded up) mod 7 is 1"),
    ("(member.vip ? 1 : 2) == max(1, 2)",
     "(1 if “vip” holds, otherwise 2) is (the largest of 1 and 2)"),
    ('purchase.place.startsWith("A")', "the place begins with “A”"),
    ('purchase.place.endsWith("Z") || has(purchase.place)', "the place ends with “Z” or the place is known"),
    ('purchase.lines.exists(l, l.sku == "TEA")', "one of the items is such that the item is “TEA”"),
    ("size(purchase.codes) == 2", "the number of the codes that you gave is 2"),
    ("round(purchase.quantity) == 2", "(the number of items, rounded) is 2"),
    ("streak(monthly >= 50) >= 3",
     "the number of periods in a row up to the last one (those in which “monthly” is at least €50) is at least 3"),
    ("purchase.fee > 2 && purchase.source == \"web\"", "“fee” is more than €2 and the till is “web”"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "words"), CONDITIONS)
def test_a_condition_in_words(source: str, words: str) -> None:
    quoted = source.replace("'", "''")
    programme = load_programme(
        f"""
programme: shop
currency: EUR
timezone: Europe/Berlin
units: {{points: }}
activities: {{purchase.completed: {{fields: {{fee: money}}}}}}
members: {{fields: {{vip: boolean}}}}
metrics: {{spent: {{sum: purchase.total, over: lifetime}}, monthly: {{sum: purchase.total, over: month}}}}
tiers: {{by: spent, levels: {{blue: {{from: 0}}, gold: {{title: Gold level, from: 9}}}}}}
rules:
  one: {{on: purchase.completed, when: '{quoted}', give: {{points: 1}}}}
  two: {{on: purchase.completed, when: spent > 1 && monthly > 1, give: {{points: 1}}}}
"""
    )
    assert programme.programme is not None, programme.diagnostics
    when = programme.programme.rules["one"].when
    assert when is not None
    assert Phrases(Speaker(programme.programme, "en")).of(when) == words
