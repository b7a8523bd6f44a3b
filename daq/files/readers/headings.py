"""Headings of a table: name, unit, and which quantity of a record a column may be."""

from __future__ import annotations

import re
from dataclasses import dataclass

from daq.files.readers.units import CURRENT, OTHER, PER_AREA, PER_MASS, TIME, VOLTAGE, Unit, unit_of

_ROLE_OF_UNIT = {TIME: "time", VOLTAGE: "voltage", CURRENT: "current", PER_AREA: "current", PER_MASS: "current"}
# What stands for a reference electrode behind a potential: "V vs. Ag/AgCl", in which the slash begins no unit.
_REFERENCE = re.compile(
    r"\s*\b(?:vs\.?|versus|gegen)(?![A-Za-z])\s*[^\s()\[\]]+(?:\s+(?:electrode|ref\.?|re|she|rhe)\b)?", re.IGNORECASE
)
_BRACKETS = re.compile(r"[(\[{<]([^()\[\]{}<>]*(?:\([^()]*\)[^()\[\]{}<>]*)?)[)\]}>]")
# A density that a heading names in words, without a unit that says so.
_DENSITY_WORDS = re.compile(r"dens|dichte|per area|pro fl", re.IGNORECASE)
_MASS_WORDS = re.compile(r"specific|spezifisch|per mass|per gram|pro masse", re.IGNORECASE)
_POWER_IN_NAME = re.compile(r"[x×*·]\s*10|10\s*\^|\d[eE][+-]?\d")
_UNIT_HINT = re.compile(r"\b(in|unit|einheit)\b", re.IGNORECASE)

# Names of each quantity, the most usual ones first; a column of an earlier rank is taken before one of a later.
_NAMES: dict[str, tuple[re.Pattern[str], ...]] = {
    "time": tuple(
        re.compile(pattern, re.IGNORECASE)
        for pattern in (
            # Of several times the one of the whole test, not that of a step.
            r"(?:test|total|run|elapsed|gesamt|versuchs|lauf|prog)[\s_.-]*(?:time|zeit)|(?:time|zeit)[\s_.-]*(?:elapsed|total)"
            r"|总时间",
            r"(?:(?:relative|rel|mess)[\s_.-]*)?(?:time|zeit|temps|tiempo|tempo)(?:[\s_.-]*rel(?:ative)?)?|t|elapsed"
            r"|seconds|sekunden|时间|時間|测试时间",
            r"(?:corr|corrected)[\s_.-]*time",
            r"(?:date|datum|timestamp|time[\s_-]*stamp|zeitstempel|datetime|date[\s_/+-]*time|datum[\s_/+-]*(?:zeit|uhrzeit)"
            r"|uhrzeit|absolute[\s_-]*time|abs[\s_.-]*time|record[\s_-]*time|dpt[\s_-]*time|epoch|unix[\s_-]*time)",
            r"(?:step|schritt|segment|cycle)[\s_.-]*(?:time|zeit)",
        )
    ),
    "voltage": tuple(
        re.compile(pattern, re.IGNORECASE)
        for pattern in (
            r"ewe|we(?:\(\d\))?[\s._]*potential|we\(\d\)\.potential|(?:measured|cell|zell|working)[\s_.-]*(?:voltage|potential|spannung)"
            r"|voltage|potential|volts?|spannung|klemmenspannung|u|e|v|vf|vwe|e[\s_]*we|u[\s_]*cell"
            r"|v[\s_]*cell|u[\s_]*zelle|zellspannung|tension|voltaje|tensione|电压|電圧",
            # Between both electrodes; the working electrode's own stands before it where both are there.
            r"e[\s_]*cell|ewe-ece|(?:voltage|potential|spannung|u|e|v)[\s_.#-]*\d?(?:[\s_.-]*(?:measured|meas|gemessen|mean|avg))?"
            r"|(?:smu|ch|channel|kanal)[\s_.-]*\d?[ab]?[\s_.-]*(?:voltage|spannung|v)|v[ab]|v[\s_]?meas|vm",
            r"(?:potential|voltage|spannung)[\s_.-]*(?:applied|set|soll|angelegt)|(?:applied|set|soll|source)[\s_.-]*"
            r"(?:potential|voltage|spannung|value)",
        )
    ),
    "current": tuple(
        re.compile(pattern, re.IGNORECASE)
        for pattern in (
            r"(?:we(?:\(\d\))?[\s._]*|we\(\d\)\.|(?:measured|cell|zell)[\s_.-]*)?(?:current|strom|stromstärke|courant|corriente"
            r"|corrente|intensit[ée])|i|im|iwe|amps?|amperes?|电流|電流|j|zellstrom",
            r"(?:current|strom|i)[\s_.#-]*\d?(?:[\s_.-]*(?:measured|meas|gemessen|mean|avg))?|i[ab]|i[\s_]?meas"
            r"|(?:smu|ch|channel|kanal)[\s_.-]*\d?[ab]?[\s_.-]*(?:current|strom|i)"
            r"|(?:current|strom)[\s_.-]*(?:density|dichte)|stromdichte|specific[\s_.-]*current|spezifischer[\s_.-]*strom",
        )
    ),
}
# Words in brackets that are no units.
_REMARK = re.compile(
    r"\s*[(\[](?:measured|meas\.?|gemessen|raw|smoothed|mean|average|relative|elapsed|abs)[)\]]", re.IGNORECASE
)
# Parts of an impedance, whatever stands behind them: Z'(a), Zre. Of what else there are parts: Im(M), Phase(C).
_IMPEDANCE = re.compile(r"\W*[zy](?:['\"’”′″]|re|im|mod|phz)|\|[zy]", re.IGNORECASE)
_PART = re.compile(r"\W*(?:re|im|phase|abs|arg|mag)\(", re.IGNORECASE)
# The whole test, where the unit says that it is a time: Test (Sec).
_TEST = re.compile(r"test|total|run|elapsed|gesamt", re.IGNORECASE)
# A mean over the sample stands in angle brackets: <I>/mA, <Ewe>.
_MEAN = re.compile(r"^<\s*([^<>]+?)\s*>$")


@dataclass(frozen=True)
class Heading:
    """Heading of a column, taken apart.

    Attributes
    ----------
    text : str
        As it stands in the file; with the unit of a line of units in brackets.
    name : str
        Without the unit.
    unit : Unit or None
        None if it names none, or none that is known here.
    unit_text : str
        What stands where a unit is expected; empty if nothing does.
    explicit : bool
        Whether the unit stands in brackets, behind a slash or in a line of units, not only as a last word.
    """

    text: str
    name: str
    unit: Unit | None = None
    unit_text: str = ""
    explicit: bool = False

    @property
    def is_density(self) -> bool:
        """Whether it says in words that it is a current per area, and its unit does not."""
        named = _DENSITY_WORDS.search(self.name) is not None
        return named and (self.unit is None or self.unit.quantity != PER_AREA)

    @property
    def is_specific(self) -> bool:
        """Whether it says in words that it is a current per mass, and its unit does not."""
        named = _MASS_WORDS.search(self.name) is not None
        return named and (self.unit is None or self.unit.quantity != PER_MASS)

    @property
    def unit_is_open(self) -> bool:
        """Whether it says something of a unit that cannot be understood."""
        open_unit = self.unit is None and bool(self.unit_text)
        return (
            open_unit
            or _POWER_IN_NAME.search(self.name) is not None
            or (self.unit is None and _UNIT_HINT.search(self.name) is not None)
        )

    def rank_as(self, quantity: str) -> tuple[int, str] | None:
        """Return how usual this name is for a quantity (0 is the most), and why; None if it is none of it."""
        of_unit = None if self.unit is None else _ROLE_OF_UNIT.get(self.unit.quantity)
        if self.unit is not None and self.explicit and of_unit != quantity:
            return None
        name = self.name.strip(" \"':.*#_~-")
        mean = _MEAN.match(name)
        name = mean[1] if mean else name
        if _IMPEDANCE.match(self.text) or (self.unit is None and _PART.match(self.text)):
            return None
        if quantity == "time" and of_unit == quantity and _TEST.fullmatch(name):
            return 0, "by its unit"
        if name == "T" and self.unit is None:  # a temperature as often
            return (4, "by its name") if quantity == "time" else None
        for rank, pattern in enumerate(_NAMES[quantity]):
            if pattern.fullmatch(name):
                return rank, "by its name"
        if not name and of_unit == quantity:
            return 0, "by its unit"
        # A name of one quantity over the unit of another says nothing.
        others = (one for other, ways in _NAMES.items() if other != quantity for one in ways)
        contradicts = any(one.fullmatch(name) for one in others)
        if self.explicit and of_unit == quantity and _is_free(name) and not contradicts:
            # Seconds come before the date and time of day, which has whole ones.
            return (2 if quantity == "time" else 5), "by its unit"
        return None


def _is_free(name: str) -> bool:
    """Whether a name says nothing against its unit: a range or a set value has the unit of what is measured."""
    return not re.search(
        r"range|bereich|set\b|soll|limit|grenz|control|source|error|fehler|std|dev|noise|rausch|compliance|aux|step|ece\b"
        r"|counter|ref|interval|intervall|delta|^d[a-z]|[ei]r\b|ohmic|offset|bias|trigger|start|end|max|min|avg|mean"
        r"|dwell|delay|pulse|width|period|rest|sense|temp|analog|charge|discharge|vu\b|sig|ach",
        name,
        re.IGNORECASE,
    )


def heading_of(text: str, unit_line: str = "") -> Heading:
    """Take a heading apart.

    Parameters
    ----------
    text : str
        ``I/mA``, ``Current (mA)``, ``Test_Time_h``, ``E vs. Ag/AgCl (V)``.
    unit_line : str
        What stands below it in a line of units.
    """
    text = text.strip().strip('"').strip()
    inside = _MEAN.match(text)
    if inside and "/" in inside[1]:  # <Ewe/V> for <Ewe>/V
        text = inside[1]
    if unit_line:
        return Heading(
            f"{text} [{unit_line}]", _REFERENCE.sub("", text).strip(), unit_of(unit_line), unit_line, explicit=True
        )
    plain = _REMARK.sub("", _REFERENCE.sub("", text)).strip()
    if (unit := unit_of(plain)) is not None and plain not in {"E", "U", "T", "t", "I", "i"}:
        return Heading(text, "", unit, plain, explicit=True)
    return _in_brackets(text, plain) or _behind_slash(text, plain) or _last_words(text, plain)


def _in_brackets(text: str, plain: str) -> Heading | None:
    # <I> is a mean, and WE(1) an electrode: the last bracket that is a unit counts.
    groups = [one for one in _BRACKETS.finditer(plain) if plain[one.start()] != "<"]
    for group in reversed(groups):
        if (unit := unit_of(group[1])) is not None:
            name = (plain[: group.start()] + plain[group.end() :]).strip(" /")
            return Heading(text, name, unit, group[1], explicit=True)
    if groups and plain.endswith((")", "]", "}")) and groups[-1].start() > 0 and "/" not in plain[: groups[-1].start()]:
        return Heading(text, plain[: groups[-1].start()].strip(), None, groups[-1][1])
    return None


def _behind_slash(text: str, plain: str) -> Heading | None:
    name, slash, behind = plain.partition("/")
    if not slash or not behind.strip():
        return None
    unit = unit_of(behind)
    return Heading(text, name.strip(), unit, behind.strip(), explicit=True)


def _last_words(text: str, plain: str) -> Heading:
    """Return a heading whose last words may be a unit: ``Current mA``, ``Test_Time_h``, ``Current density mA cm-2``."""
    words = re.split(r"[\s_,;:]+", plain)
    for count in range(min(3, len(words) - 1), 0, -1):
        unit = unit_of(" ".join(words[-count:]))
        if unit is None or (unit.quantity == OTHER and count > 1):
            continue
        name = re.sub(r"[\s_,;:]+$", "", _without_end(plain, words[-count:]))
        name = re.sub(r"[\s_]+in$", "", name)
        return Heading(text, name, unit, " ".join(words[-count:]))
    return Heading(text, plain)


def _without_end(plain: str, words: list[str]) -> str:
    for word in reversed(words):
        plain = plain.rstrip(" _,;:\t")
        plain = plain[: len(plain) - len(word)]
    return plain


def is_unit_line(cells: list[str]) -> bool:
    """Whether a line holds units alone, and at least one of a quantity of a record."""
    written = [cell.strip() for cell in cells if cell.strip()]
    units = [unit_of(cell) for cell in written]
    known = [one for one in units if one is not None and one.quantity != OTHER]
    filled = [
        one is not None or cell in {"-", "--", "1", "a.u.", "arb."} for one, cell in zip(units, written, strict=True)
    ]
    return len(known) >= 1 and sum(filled) >= max(0.6 * len(written), 1)
