"""How often what happens in the simulated city. Every share is a chance between 0 and 1.

The figures are of the order that Chinese hospitals and censuses publish; none of them is fitted
to the platform.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CitySettings:
    """What a city is like.

    Attributes:
        seed: of everything.
        visits_mean: registrations of a person beyond the first.
        twins: of births that are twins; triplets are a fortieth of them.
        minorities: people whose name has parts with a dot.
        foreigners: people with a passport and a name in letters.
        permits: people with a residence permit of Hong Kong, Macau or Taiwan.
        rare_characters: given names with a character that GBK or the first plane lacks.
        single_characters: given names of one character.
        old_numbers: registrations of people born before 1985 with the number of 15 digits.
        no_id: registrations without a number of an identity document.
        no_phone: registrations without a telephone.
        no_address: registrations without an address.
        phone_changes: people with a second telephone.
        moves: people with a second address.
        family_phone: adults who give the telephone of the family.
        village_phone: registrations with the telephone of one village doctor.
        ward_phone: registrations with the telephone of the hospital.
        again: registrations at a hospital that already has the person, under a new number.
        id_digit: one wrong digit in the number.
        id_swap: two neighbouring digits swapped.
        id_placeholder: zeros, ones or the hospital's default in its place.
        borrowed: somebody of the family came with another one's card.
        name_sound: one character of the name replaced by one that sounds alike.
        name_shape: by one that looks alike.
        name_cut: the last character of a longer name is missing.
        name_lost: of rare characters, those that arrive as a mark or in pinyin.
        name_traditional: typed on a traditional keyboard.
        name_romanised: typed in letters.
        name_clutter: blanks, wide letters, a remark in brackets.
        name_change: people who changed their given name.
        surname_change: children who changed their surname.
        sex_wrong: the other sex was ticked.
        birth_first: the first of January of the right year.
        birth_default: 1900-01-01.
        birth_swap: day and month swapped.
        birth_digit: one wrong digit.
        birth_lunar: of those born before 1965, who give the day of the Chinese calendar.
        unknown: people who were first registered as unknown in an emergency.
        newborn: children first registered after their mother.
        certificate: registrations of named children that give the birth certificate again.
        mother_told: registrations of named children that say the mother's name.
        namesakes: households after which a namesake born on the same day is added.
        card_numbers: registrations with an insurance or health card number.
    """

    seed: int = 1
    visits_mean: float = 0.8
    twins: float = 0.016
    minorities: float = 0.02
    foreigners: float = 0.004
    permits: float = 0.004
    rare_characters: float = 0.01
    single_characters: float = 0.14
    old_numbers: float = 0.02
    no_id: float = 0.12
    no_phone: float = 0.06
    no_address: float = 0.15
    phone_changes: float = 0.25
    moves: float = 0.15
    family_phone: float = 0.25
    village_phone: float = 0.01
    ward_phone: float = 0.004
    again: float = 0.2
    id_digit: float = 0.006
    id_swap: float = 0.003
    id_placeholder: float = 0.01
    borrowed: float = 0.002
    name_sound: float = 0.01
    name_shape: float = 0.004
    name_cut: float = 0.003
    name_lost: float = 0.4
    name_traditional: float = 0.004
    name_romanised: float = 0.002
    name_clutter: float = 0.006
    name_change: float = 0.006
    surname_change: float = 0.01
    sex_wrong: float = 0.003
    birth_first: float = 0.012
    birth_default: float = 0.004
    birth_swap: float = 0.003
    birth_digit: float = 0.005
    birth_lunar: float = 0.03
    unknown: float = 0.002
    newborn: float = 0.9
    certificate: float = 0.3
    mother_told: float = 0.4
    namesakes: float = 0.002
    card_numbers: float = 0.35
