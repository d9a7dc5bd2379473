"""The simulated city: the same seed gives the same bytes, memory is flat, the truth is right."""

from __future__ import annotations

import hashlib
import itertools
import tracemalloc
from collections import Counter, defaultdict

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.simulate.city import clerks, names
from lianyi.simulate.city.chances import Chance
from lianyi.simulate.city.people import PEOPLE_MAX, TODAY, household
from lianyi.simulate.city.registrations import VILLAGE_PHONE, Entry, registrations
from lianyi.simulate.city.settings import CitySettings


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    return list(registrations(CitySettings(seed=5), 30_000))


def digest(seed: int, count: int) -> str:
    found = hashlib.sha256()
    for entry in registrations(CitySettings(seed=seed), count):
        found.update(msgspec.json.encode(entry))
    return found.hexdigest()


def test_the_same_seed_gives_the_same_bytes_on_every_machine() -> None:
    assert digest(1, 5000) == DIGEST


DIGEST = "702fb85d1c57289ddd0502f37cca670eb498c7edcfd08321ae2843fc78025264"


def test_another_seed_gives_another_city() -> None:
    assert digest(2, 500) != digest(3, 500)


def test_no_two_registrations_have_one_key(entries: list[Entry]) -> None:
    assert len({entry.registration.key for entry in entries}) == len(entries)


def test_memory_does_not_grow_with_the_number_of_registrations(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("lianyi.simulate.city.registrations.WINDOW", 500)

    def peak(count: int) -> int:
        tracemalloc.start()
        for _ in registrations(CitySettings(), count):
            pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(8000) < 2 * peak(1000)


def test_everything_that_can_happen_happens(entries: list[Entry]) -> None:
    happened = Counter(word for entry in entries for word in entry.what.split())
    assert set(happened) == {
        "newborn", "unknown", "old-name", "sex", "borrowed", "id-digit", "id-swap", "id-15",
        "id-placeholder", "birth-first", "birth-default", "birth-swap", "birth-digit",
        "birth-lunar", "name-sound", "name-shape", "name-cut", "name-lost", "name-traditional",
        "name-romanised", "name-clutter", "dot", "order",
    }  # fmt: skip
    assert min(happened.values()) >= 5


def test_faultless_registrations_of_one_person_agree(entries: list[Entry]) -> None:
    of_person: dict[int, list[Entry]] = defaultdict(list)
    for entry in entries:
        if not entry.what:
            of_person[entry.person].append(entry)
    several = [group for group in of_person.values() if len(group) > 1]
    assert len(several) > 1500
    for group in several:
        assert len({entry.registration.born for entry in group}) == 1
        assert len({entry.registration.names[0].text for entry in group}) <= 2  # with an old name


def test_families_share_a_telephone_and_a_village_its_doctors(entries: list[Entry]) -> None:
    people: dict[str, set[int]] = defaultdict(set)
    for entry in entries:
        for phone in entry.registration.phones:
            people[phone].add(entry.person)
    assert sum(len(group) > 1 for group in people.values()) > 700
    assert len(people[VILLAGE_PHONE]) > 150


def test_registrations_of_one_person_do_not_stand_side_by_side(entries: list[Entry]) -> None:
    neighbours = sum(a.person == b.person for a, b in itertools.pairwise(entries))
    assert neighbours < len(entries) / 100


@given(st.integers(1, 50), st.integers(0, 10**6))
def test_a_household_is_right(seed: int, number: int) -> None:
    people = household(CitySettings(seed=seed), number)
    assert people == household(CitySettings(seed=seed), number)
    assert 1 <= len(people) <= PEOPLE_MAX
    assert len({person.number for person in people}) == len(people)
    assert len({person.id_number for person in people}) == len(people)
    for person in people:
        assert person.born_on <= TODAY
        assert person.name
        if person.mother is not None:
            assert 19 <= (person.born_on - person.mother.born_on).days / 365.25 <= 43
        if person.id_kind == "citizen":
            assert person.id_number.startswith("99")
            assert person.id_number[6:14] == f"{person.born_on:%Y%m%d}"
            assert int(person.id_number[16]) % 2 == (person.sex == "M")


def test_twins_are_born_together_and_differ_in_one_character() -> None:
    twins = [
        [person for person in household(CitySettings(twins=1.0), number) if person.birth_order]
        for number in range(300)
    ]
    assert sum(map(bool, twins)) > 50
    for group in twins:
        for day, born in itertools.groupby(group, key=lambda person: person.born_on):
            together = list(born)
            assert [person.birth_order for person in together] == list(range(1, len(together) + 1))
            assert len({person.given[0] for person in together}) == 1, day


def test_each_clerk_makes_the_error_of_its_name() -> None:
    chance = Chance(1, 1)
    number = "990102198003151239"
    for _ in range(200):
        assert sum(map(str.__ne__, clerks.wrong_digit(chance, number), number)) == 1
        swapped = clerks.swapped_digits(chance, number)
        assert sorted(swapped) == sorted(number)
        name = clerks.sounding_alike(chance, "王伟")
        assert len(name) == 2
        assert name[1] in "伟" + names.ALIKE_IN_SOUND["伟"]
    assert clerks.fifteen(number) == "990102800315123"
    assert clerks.cut("王小明") == "王小"
    assert clerks.traditional("张伟") == "張偉"
    assert clerks.lost(chance, "王䶮") in {"王?", "王*", "王□", "王\ufffd", "王"}
