"""A county, written apart from ``simulate.city`` so that no rule is fitted to one generator.

Time goes by day for day: people are born, fall ill, come to one of four hospitals and are
registered by clerks who hear, copy and guess. What the city has not: some twins of whom nobody says
so, wards that give their own telephone and address, families of foreigners with numbers in turn, a
father's name for his son, numbers lent within the family, addresses cut short, telephones misheard.

Names and numbers are invented; area codes begin with 98, which GB/T 2260 gives to no place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from lianyi.projections.identity.registration import Flag, Identifier, IdKind, Name, Registration
from lianyi.projections.identity.values.identifiers import check_character

FIRST, DAYS = date(2018, 1, 1), 2600
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
FIRSTS = "建国志文德玉桂秀春丽海晓子宇梓思雨欣俊浩明永家庆立红"
SECONDS = "华芳军英平涛敏静强磊娟霞辉鹏宁轩涵怡睿琪杰琳洋凯婷妍博泽瑞萱"
HOMOPHONES = (
    "华骅",
    "芳方",
    "军君",
    "英瑛",
    "平萍",
    "静婧",
    "辉晖",
    "琪淇",
    "琳霖",
    "洋阳",
    "婷庭",
    "妍研",
)
FOREIGN = (
    *("Liam", "Noah", "Emma", "Ava", "Mia", "Lucas", "Hugo", "Lena"),
    *("Karin", "Pavel", "Irina", "Amir", "Leila", "Samuel", "Judith"),
)
FAMILIES = (
    *("Carter", "Lindqvist", "Novotny", "Okafor", "Haddad", "Fischer"),
    *("Moreau", "Santos", "Iyer", "Petrov", "Walsh"),
)
VILLAGES = ("石桥村", "下湾村", "大塘村", "柳林村")
STREETS = ("解放街", "中山街", "东环路", "西环路", "桥头路", "河滨路")
WARD = {"A": ("0998-7654321", "平江县东环路1号"), "B": ("18900010002", "平江县西环路2号")}
HOSPITALS = "ABCD"
TOLD = 0.95
"""Of twins: births of which somebody says that there were two."""


@dataclass(eq=False)
class Soul:
    """One person as she is.

    Attributes: what the words say; ``number`` the truth, ``folk`` all of the household.
    """

    number: int
    surname: str
    given: str
    sex: str
    born: date
    paper: Identifier
    phone: str
    home: str
    mother: Soul | None = None
    together: int = 0
    told: bool = True
    folk: list[Soul] = field(default_factory=list)

    @property
    def is_foreign(self) -> bool:
        """Whether the name is in letters."""
        return self.given.isascii()

    @property
    def name(self) -> str:
        """The whole name, in the order of its people."""
        return f"{self.given} {self.surname}" if self.is_foreign else self.surname + self.given


class County:
    """Makes people and what is registered of them."""

    def __init__(self, seed: int) -> None:
        self.dice = Random(seed)
        self.souls = 0
        self.records = 0

    def citizen(self, born: date, sex: str) -> Identifier:
        """A valid number."""
        body = f"98{self.dice.randint(1, 9):02}{self.dice.randint(1, 9):02}{born:%Y%m%d}"
        body += f"{self.dice.randrange(0, 998, 2) + (sex == 'M'):03}"
        return Identifier(IdKind.CITIZEN, body + check_character(body))

    def phone(self) -> str:
        """A mobile number."""
        return f"1{self.dice.choice('3589')}{self.dice.randrange(10**9):09}"

    def home(self) -> str:
        """A village group and house, or street, building and room."""
        dice = self.dice
        if dice.random() < 0.35:
            return f"平江县{dice.choice(VILLAGES)}{dice.randint(1, 15)}组{dice.randint(1, 60)}号"
        where = f"平江县{dice.choice(STREETS)}{dice.randint(1, 300)}号"
        return where + f"{dice.randint(1, 12)}幢{dice.randint(1, 6)}0{dice.randint(1, 4)}"

    def given(self) -> str:
        """One or two characters."""
        dice = self.dice
        short = dice.random() < 0.2
        return dice.choice(SECONDS) if short else dice.choice(FIRSTS) + dice.choice(SECONDS)

    def soul(self, surname: str, given: str, sex: str, born: date, **more: object) -> Soul:
        """Somebody new."""
        self.souls += 1
        paper = more.pop("paper", None) or self.citizen(born, sex)
        return Soul(self.souls, surname, given, sex, born, paper, **more)  # type: ignore[arg-type]

    def day(self, low: float, high: float) -> date:
        """So many years before the last day."""
        last = FIRST + timedelta(days=DAYS)
        return last - timedelta(days=int(self.dice.uniform(low, high) * 365.25))

    def household(self) -> list[Soul]:
        """A couple and its children, twins among them."""
        dice, home = self.dice, self.home()
        foreign = dice.random() < 0.03
        age = dice.uniform(24, 60)
        surnames = [dice.choice(FAMILIES)] * 2 if foreign else dice.choices(SURNAMES, k=2)
        line = self.phone()
        serial = dice.randrange(10**6, 9 * 10**6)
        folk: list[Soul] = []

        def add(surname: str, sex: str, born: date, **more: object) -> Soul:
            given = dice.choice(FOREIGN) if foreign else self.given()
            given = str(more.pop("given", given))
            number = str(serial + len(folk)) if foreign else ""
            paper = Identifier(IdKind.SOCIAL_SECURITY, number) if foreign else None
            own = line if age < 30 or dice.random() < 0.4 else self.phone()
            one = self.soul(surname, given, sex, born, paper=paper, phone=own, home=home, **more)
            folk.append(one)
            return one

        father = add(surnames[0], "M", self.day(age, age + 6))
        mother = add(surnames[1], "F", self.day(age - 3, age + 3))
        for _ in range(dice.choice((0, 1, 1, 2))):
            born = self.day(0, max(age - 22, 1))
            count = 2 if dice.random() < 0.03 else 1
            told, first = dice.random() < TOLD, dice.choice(FIRSTS)
            names: list[str] = []
            for order in range(count):
                sex = dice.choice("MF")
                given = first + dice.choice([c for c in SECONDS if first + c not in names])
                if foreign:
                    same = dice.random() < 0.05 and sex == "M" and count == 1
                    left = [one for one in FOREIGN if one not in names]
                    given = father.given if same else dice.choice(left)
                names.append(given)
                add(
                    father.surname,
                    sex,
                    born,
                    given=given,
                    mother=mother,
                    together=order + 1 if count > 1 else 0,
                    told=told,
                )
        for one in folk:
            one.folk = folk
        return folk

    def registrations(self, count: int) -> Iterator[tuple[int, Registration]]:
        """Give so many registrations with the truth."""
        made = 0
        while made < count:
            for one in self.household():
                for record in self.visits(one):
                    yield one.number, record
                    made += 1

    def visits(self, one: Soul) -> Iterator[Registration]:
        """All that is ever registered of somebody."""
        if one.mother and one.born >= FIRST and self.dice.random() < 0.85:
            yield self.newborn(one, one.mother)
        for _ in range(self.dice.choice((1, 1, 2, 2, 3))):
            yield self.visit(one)

    def form(self, name: str, sex: str, born: str, **more: object) -> Registration:
        """A form under the next number of some hospital."""
        self.records += 1
        hospital = str(more.pop("hospital", "") or self.dice.choice(HOSPITALS))
        key = hospital, f"{self.records:08}"
        return Registration(*key, (Name(name),), sex, born, **more)  # type: ignore[arg-type]

    def newborn(self, one: Soul, mother: Soul) -> Registration:
        """A child under its mother's name, marked or not."""
        dice, hospital = self.dice, self.dice.choice("AB")
        ward = dice.random() < 0.1
        phone, home = WARD[hospital] if ward else (mother.phone, mother.home)
        marked = one.together and one.told
        if mother.is_foreign:
            name = f"Baby of {mother.name}"
        else:
            mark = ("大", "小")[one.together - 1] if marked and dice.random() < 0.7 else ""
            word = "子" if one.sex == "M" else "女"
            name = f"{mother.name}之{mark}{word}"
        return self.form(
            name,
            one.sex,
            f"{one.born:%Y%m%d}",
            hospital=hospital,
            phones=(phone,),
            addresses=(home,),
            birth_order=one.together if marked else None,
            mother=mother.paper if dice.random() < 0.6 else None,
            mother_name=mother.name if dice.random() < 0.5 else "",
            flags=(Flag.NEWBORN,),
        )

    def visit(self, one: Soul) -> Registration:
        """What a clerk writes down of somebody who comes."""
        dice = self.dice
        papers: tuple[Identifier, ...] = ()
        if dice.random() < 0.85:
            owner = dice.choice(one.folk) if dice.random() < 0.003 else one
            papers = (self.copied(owner.paper),)
        born = f"{one.born:%Y%m%d}"
        slip = dice.random()
        if slip < 0.01:
            born = f"{one.born:%Y}0101"
        elif slip < 0.015:
            born = ""
        elif slip < 0.02:
            near = one.born + timedelta(days=dice.choice((-10, -1, 1, 10)))
            born = f"{near:%Y%m%d}"
        phone, home = one.phone, one.home
        if dice.random() < 0.02:
            at = dice.randrange(3, 11)
            phone = phone[:at] + str(dice.randrange(10)) + phone[at + 1 :]
        if dice.random() < 0.05:
            home = home[: dice.randrange(6, len(home))]
        if dice.random() < 0.02:
            phone, home = WARD[dice.choice("AB")]
        told = one.mother.name if one.mother and dice.random() < 0.35 else ""
        return self.form(
            self.heard(one),
            one.sex if dice.random() > 0.002 else "",
            born,
            identifiers=papers,
            phones=(phone,) if dice.random() < 0.9 else (),
            addresses=(home,) if dice.random() < 0.85 else (),
            multiple_birth=True if one.together and one.told and dice.random() < 0.5 else None,
            mother_name=told,
        )

    def copied(self, paper: Identifier) -> Identifier:
        """A number as it is copied."""
        dice, value = self.dice, paper.value
        if dice.random() < 0.012:
            at = dice.randrange(len(value) - 1)
            if dice.random() < 0.3:
                value = value[:at] + value[at + 1] + value[at] + value[at + 2 :]
            else:
                value = value[:at] + str(dice.randrange(10)) + value[at + 1 :]
        return Identifier(paper.kind, value)

    def heard(self, one: Soul) -> str:
        """A name as it is heard and written."""
        dice, name = self.dice, one.name
        if one.is_foreign:
            kind = dice.random()
            if kind < 0.08:
                at = dice.randrange(1, len(name) - 1)
                return name[:at] + name[at + 1] + name[at] + name[at + 2 :]
            if kind < 0.16:
                return f"{one.surname.upper()} {one.given}"
            return one.given if kind < 0.18 else name
        if dice.random() < 0.015:
            for pair in HOMOPHONES:
                if pair[0] in one.given:
                    return name.replace(pair[0], pair[1])
        return name[:-1] if len(name) > 2 and dice.random() < 0.004 else name
