"""What ADT messages say about patients."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from lianyi.messagelog.message import LogMessage
from lianyi.projections.identity import feeds
from lianyi.projections.identity.feeds import hl7
from lianyi.projections.identity.feeds.problems import NamesNoPatient
from lianyi.projections.identity.registration import Flag, Identifier, IdKind, Name
from lianyi.projections.identity.statements import Registered, Related, Replaced, Withdrawn
from lianyi.projections.identity.traits import read_registration
from lianyi.projections.identity.values.names import NameKind

from .feeding import (
    CITIZEN,
    RECEIVED,
    VALID,
    adt,
    logged,
    only,
    registered,
    registration,
    said,
    segment,
)

PHONETIC = Name("WANG XIAOMING", "phonetic", family="WANG")


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        *((f"hl7v2 ADT^A{n:02}", True) for n in (1, 4, 5, 6, 7, 8, 28, 31)),
        *((f"hl7v2 ADT^A{n}", True) for n in (18, 24, 34, 36, 37, 40, 47)),
        *((f"hl7v2 ADT^A{n:02}", False) for n in (2, 3, 9, 11, 12, 13, 21, 60)),
        ("hl7v2 ADT^A29^ADT_A21", True), ("hl7v2 ADT^A23^ADT_A21", False),
        ("hl7v2 ADT^A40^ADT_A39", True), ("hl7v2 ADT", False), ("hl7v2 ORU^R01", False),
        ("hl7v2 ORM^O01", False), ("hl7v2 MFN^M02", False), ("act message.released", False),
    ],
)  # fmt: skip
def test_it_wants_what_registers_updates_merges_or_links(kind: str, wanted: bool) -> None:
    assert hl7.wants(kind) is wanted
    assert feeds.wants(kind) is wanted


# --- whose record -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("identifiers", "key"),
    [
        ("P1^^^HIS^PI", ("HIS", "P1")),
        ("P1^^^HIS&1.2.3&ISO^MR", ("HIS", "P1")),
        ("P1^^^&1.2.3&ISO^MR", ("1.2.3", "P1")),
        ("P1", ("HIS|H1", "P1")),
        (f"{CITIZEN}^^^PRC^NI~P1^^^HIS^PI", ("HIS", "P1")),
        (f"{CITIZEN}^^^^SFZ~C9^^^H1^JZK~P1", ("HIS|H1", "P1")),
        (f"{CITIZEN}^^^^01~P1", ("HIS|H1", "P1")),
        (f"{VALID}~P1^^^HIS", ("HIS", "P1")),
        ("A9^^^HIS^AN~V8^^^HIS^VN~P1^^^HIS^PT", ("HIS", "P1")),
        ("E5^^^EMPI^PI~P1^^^REGISTRY^MR", ("REGISTRY", "P1")),
        ("B2^^^ARCHIVE^MR~P1^^^HIS^PI", ("HIS", "P1")),
        ("B2^^^ARCHIVE^MR~P1^^^H1^MR", ("H1", "P1")),
        ("P1^5^M11^HIS^GOOD HEALTH HOSPITAL~123456789^^^^^USSSA", ("HIS", "P1")),
        ("~P1^^^HIS^MR", ("HIS", "P1")),
        ('""^^^HIS^MR~P1^^^HIS^MR', ("HIS", "P1")),
        ("P\\T\\1^^^H\\S\\IS^MR", ("H^IS", "P&1")),
        ("P1^^^HIS^病历号", ("HIS", "P1")),
    ],
)
def test_the_record_is_the_senders_own_patient_identifier(
    identifiers: str, key: tuple[str, str]
) -> None:
    assert registration({3: identifiers}).key == key


def test_older_versions_have_it_in_pid_2_or_pid_4() -> None:
    assert registration({2: "P2", 3: "", 4: "P4"}, version="2.3").key == ("HIS|H1", "P2")
    assert registration({3: "", 4: "P4^^^LAB"}, version="2.2").key == ("LAB", "P4")
    assert registration({3: f"{CITIZEN}^^^^NI", 4: "P4"}).key == ("HIS|H1", "P4")


def test_a_number_that_only_looks_like_a_document_is_the_record_if_there_is_no_other() -> None:
    said = registration({3: VALID})
    assert said.key == ("HIS|H1", VALID)
    assert said.identifiers == (Identifier(IdKind.CITIZEN, VALID),)


@pytest.mark.parametrize(
    "identifiers", ["", '""', "^^^HIS^MR", f"{VALID}^^^PRC^NI", "C9^^^H1^HC~A1^^^HIS^AN", "  "]
)
def test_documents_cards_and_visits_are_no_record(identifiers: str) -> None:
    with pytest.raises(NamesNoPatient) as failure:
        registration({3: identifiers})
    assert failure.value.where == "PID(1)-3"
    assert "患者标识" in failure.value.text("zh")


def test_an_oid_that_is_a_kind_of_number_is_no_authority() -> None:
    """Two hospitals' inpatient numbers are not of one authority because WS/T 500 has one OID."""
    said = registration({3: "88^^^&2.16.156.10011.1.12&ISO~99^^^&2.16.156.10011.1.11&ISO"})
    assert said.key == ("HIS|H1 2.16.156.10011.1.12", "88")
    assert said.identifiers == (Identifier(IdKind.OTHER, "99", "HIS|H1 2.16.156.10011.1.11"),)


# --- what else identifies the person ------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("NNCHN", IdKind.CITIZEN), ("SFZ", IdKind.CITIZEN), ("身份证号", IdKind.CITIZEN),
        ("01", IdKind.CITIZEN), ("02", IdKind.CITIZEN), ("03", IdKind.PASSPORT),
        ("PPN", IdKind.PASSPORT), ("04", IdKind.MILITARY), ("军官证", IdKind.MILITARY),
        ("06", IdKind.HOME_RETURN_PERMIT), ("07", IdKind.TAIWAN_PERMIT),
        ("台胞证", IdKind.TAIWAN_PERMIT), ("港澳台居民居住证", IdKind.RESIDENCE_PERMIT),
        ("PRC", IdKind.FOREIGNER_RESIDENCE), ("BR", IdKind.BIRTH_CERTIFICATE),
        ("出生医学证明编号", IdKind.BIRTH_CERTIFICATE), ("HC", IdKind.HEALTH_CARD),
        ("居民健康卡号", IdKind.HEALTH_CARD), ("电子健康卡", IdKind.E_HEALTH_CARD),
        ("MC", IdKind.INSURANCE), ("医保卡号", IdKind.INSURANCE), ("SS", IdKind.SOCIAL_SECURITY),
        ("社会保障卡号", IdKind.SOCIAL_SECURITY), ("就诊卡", IdKind.HOSPITAL_CARD),
        ("腕带号", IdKind.BRACELET), ("DL", IdKind.OTHER), ("05", IdKind.OTHER),
        ("NNUSA", IdKind.OTHER), ("mr", IdKind.OTHER),
    ],
)  # fmt: skip
def test_every_other_number_has_its_kind(code: str, kind: IdKind) -> None:
    said = registration({3: f"P1^^^HIS^MR~X700^^^ISSUER^{code}"})
    assert said.identifiers == (Identifier(kind, "X700", "ISSUER"),)


def test_the_shape_tells_what_nobody_says() -> None:
    said = registration({3: f"P1^^^HIS^MR~{CITIZEN}~{VALID}^^^PRC^NI~17^^^X^NI~H12345678^^^^ZZ"})
    assert said.identifiers == (
        Identifier(IdKind.CITIZEN, CITIZEN),
        Identifier(IdKind.CITIZEN, VALID, "PRC"),
        Identifier(IdKind.OTHER, "17", "X"),
        Identifier(IdKind.HOME_RETURN_PERMIT, "H12345678"),
    )
    assert [one.kind for one in read_registration(said).ids] == [
        IdKind.CITIZEN, IdKind.CITIZEN, IdKind.OTHER, IdKind.HOME_RETURN_PERMIT,
    ]  # fmt: skip


def test_validity_and_issuer_come_from_the_identifier() -> None:
    said = registration(
        {
            3: "P1^^^HIS^MR~E1234567^^^PSB^PPN^^20200101^20291231^XXX~J1^^^H^HC^^^2099"
            "~J2^^^H^HC^^^20991340"
        }
    )
    assert [(one.issuer, one.valid_until) for one in said.identifiers] == [
        ("XXX", date(2029, 12, 31)), ("H", None), ("H", None),
    ]  # fmt: skip


def test_old_fields_hold_numbers_too() -> None:
    said = registration(
        {2: "E7^^^EMPI", 3: "P1^^^HIS^MR", 4: "P1~K9^^^H^JKK", 19: VALID, 20: "D5^ZZ"}
    )
    assert said.identifiers == (
        Identifier(IdKind.OTHER, "E7", "EMPI"),
        Identifier(IdKind.HEALTH_CARD, "K9", "H"),
        Identifier(IdKind.CITIZEN, VALID),
        Identifier(IdKind.OTHER, "D5", "ZZ"),
    )
    (security,) = registration({19: "123-45-6789"}).identifiers
    assert security == Identifier(IdKind.SOCIAL_SECURITY, "123-45-6789")


# --- who she is ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "names"),
    [
        ("王^小明", (Name("王小明"),)),
        ("王小明", (Name("王小明"),)),
        ("^王小明", (Name("王小明"),)),
        ("欧阳^娜^娜", (Name("欧阳娜娜"),)),
        ("WANG^XIAO MING", (Name("WANG XIAO MING", family="WANG"),)),
        ("EVERYMAN&&&&Aniston^ADAM^A^III^DR", (Name("EVERYMAN ADAM A", family="EVERYMAN"),)),
        ("阿依古丽·买买提", (Name("阿依古丽·买买提"),)),
        ("王^小明^^^^^L^I~WANG^XIAOMING^^^^^L^P", (Name("王小明"), PHONETIC)),
        ("WANG^XIAOMING^^^^^L^A~王^小明^^^^^L^I", (Name("王小明"), PHONETIC)),
        ("WANG^XIAOMING~王^小明", (Name("王小明"), PHONETIC)),
        ("王^小明~LI^XIAOMING^^^^^M^P",
         (Name("王小明"), Name("LI XIAOMING", "phonetic", family="LI"))),
        ("WANG^XIAOMING^^^^^L^P", (Name("WANG XIAOMING", family="WANG"),)),
        ("WANG XIAOMING^", (Name("WANG XIAOMING"),)),
        ("李^明^^^^^M~王^明^^^^^L", (Name("王明"), Name("李明", "maiden"))),
        ("小王^^^^^^N~王^明^^^^^D~王^铭^^^^^A",
         (Name("王明"), Name("小王", "nickname"), Name("王铭", "nickname"))),
        ("王^明~张^伟^^^^^P", (Name("王明"),)),
        ("王\\T\\明", (Name("王&明"),)),
        ("", ()),
        ('""', ()),
        ("^", ()),
    ],
)  # fmt: skip
def test_names_keep_the_senders_order_and_know_their_use(
    field: str, names: tuple[Name, ...]
) -> None:
    assert registration({5: field}).names == names


def test_aliases_of_older_versions_are_other_names() -> None:
    said = registration({5: "王^明", 9: "王^二"}, version="2.3")
    assert said.names == (Name("王明"), Name("王二", "nickname"))


def test_telephones_in_old_and_new_form() -> None:
    said = registration(
        {
            13: "15412987326^PRN^CP~^NET^Internet^a@example.org~^PRN^PH^^86^10^62345678"
            "~^PRN^PH^^^010^62345679~(617)555-1212^P^H~^^FX^^^010^1~a@example.org",
            14: "15412987326~^WPN^PH^^^^^^^^^15412987327",
            40: "15412987328^PRN^CP",
        }
    )
    assert said.phones == (
        "15412987326", "+86 10-62345678", "010-62345679", "(617)555-1212", "15412987327",
        "15412987328",
    )  # fmt: skip
    assert [one.digits for one in read_registration(said).phones][1:3] == [
        "01062345678", "01062345679",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("field", "addresses"),
    [
        ("滨江街道解放路12号^^云溪市^澜川省^990102^CHN^H", ("澜川省云溪市滨江街道解放路12号",)),
        ("澜川省云溪市滨江街道解放路12号^^云溪市^澜川省", ("澜川省云溪市滨江街道解放路12号",)),
        ("云溪市解放路12号^2单元^云溪市^澜川省^^^^望江区", ("澜川省云溪市解放路12号2单元",)),
        ("解放路12号^^云溪市^澜川省^^^H^望江区", ("澜川省云溪市望江区解放路12号",)),
        ("解放路1号^^云溪市^云溪市", ("云溪市解放路1号",)),
        ("12 Main St&Main St&12^Apt 3^Goodtown^KY^42010^USA^H",
         ("12 Main St, Apt 3, Goodtown, KY 42010",)),
        ("户籍路1号^^^^^^P~现住路2号^^^^^^H~单位路3号^^^^^^B~旧路4号^^^^^^BA",
         ("现住路2号", "户籍路1号")),
        ("", ()),
    ],
)  # fmt: skip
def test_addresses_go_from_the_large_to_the_small(field: str, addresses: tuple[str, ...]) -> None:
    assert registration({11: field}).addresses == addresses


def test_everything_is_kept_as_it_was_sent() -> None:
    said = registered({7: "19900101083000+0800", 8: "1^男", 6: "李^梅", 29: ""})
    assert (said.registration.born, said.registration.sex) == ("19900101083000+0800", "1")
    assert said.registration.mother_name == "李梅"
    assert said.registration.received_at == RECEIVED
    assert said.event == "A08"


def test_it_was_said_when_it_was_recorded_and_never_after_it_came() -> None:
    assert registered({}).said_at == datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    late = b"MSH|^~\\&|HIS|H1|||20990101||ADT^A08|1|P|2.5\rEVN||20990101\rPID|||1"
    assert only(logged("hl7v2 ADT^A08", late)).said_at == RECEIVED


# --- newborns, twins, the unknown ---------------------------------------------------------------


def test_a_newborn_has_an_order_and_a_mother() -> None:
    pid = {
        5: "王梅之大女", 6: "王^梅", 7: "20260301", 8: "F", 21: "P77^^^HIS^MR", 24: "Y", 25: "1",
    }  # fmt: skip
    said = registration(pid, segment("PV1", {2: "I", 4: "N"}), event="A01")
    assert (said.multiple_birth, said.birth_order) == (True, 1)
    assert said.mother == Identifier(IdKind.OTHER, "P77", "HIS")
    assert said.flags == (Flag.NEWBORN,)
    assert read_registration(said).is_newborn
    twin = registration(pid | {3: "P2^^^HIS^MR", 25: "2"}, segment("PV2", {36: "Y"}))
    assert (twin.birth_order, twin.flags) == (2, (Flag.NEWBORN,))


def test_the_mothers_number_has_its_kind() -> None:
    assert registration({21: f"{VALID}^^^^NNCHN"}).mother == Identifier(IdKind.CITIZEN, VALID)
    assert registration({21: VALID}).mother == Identifier(IdKind.CITIZEN, VALID)
    assert registration({21: "P77"}).mother == Identifier(IdKind.OTHER, "P77", "HIS|H1")
    assert registration({21: '""'}).mother is None


@pytest.mark.parametrize(
    ("pid", "flags"),
    [
        ({31: "Y", 5: "无名氏"}, (Flag.UNKNOWN,)),
        ({30: "Y"}, (Flag.DECEASED,)),
        ({29: "20260301"}, (Flag.DECEASED,)),
        ({29: "20260301", 30: "N"}, ()),
        ({32: "UD"}, (Flag.ESTIMATED_BIRTH,)),
        ({32: "AL~UD"}, (Flag.ESTIMATED_BIRTH, Flag.ALIAS)),
        ({30: "N", 31: "N"}, ()),
    ],
)
def test_what_is_said_of_the_registration_itself(
    pid: dict[int, str], flags: tuple[Flag, ...]
) -> None:
    assert registration(pid).flags == flags


def test_what_the_sender_made_up_is_not_said() -> None:
    assert registration({11: "无址路1号", 32: "UA"}).addresses == ()
    assert registration({19: "111-11-1111", 32: "US"}).identifiers == ()


@pytest.mark.parametrize("processing", ["T", "D", "d"])
def test_training_and_debugging_are_a_test(processing: str) -> None:
    assert registration({}, processing=processing).flags == (Flag.TEST,)
    assert registration({}, processing="P").flags == ()


def test_sensitive_patients_are_marked() -> None:
    assert registration({}, segment("PV1", {16: "VIP"})).flags == (Flag.VIP,)
    assert registration({}, segment("PV1", {16: "N"})).flags == ()


def test_an_unnamed_patient_is_nobody() -> None:
    said = registration({5: "无名氏", 31: "Y"})
    assert read_registration(said).name.kind is NameKind.NOBODY


# --- what is no more ----------------------------------------------------------------------------


def test_an_empty_field_says_nothing_and_a_null_says_that_there_is_nothing() -> None:
    assert registered({}).cleared == ()
    null = dict.fromkeys((6, 7, 8, 11, 13, 14, 21, 24, 25), '""')
    assert registered({5: '""^""'} | null).cleared == (
        "names", "sex", "born", "phones", "addresses", "multiple_birth", "birth_order", "mother",
        "mother_name",
    )  # fmt: skip
    assert registered({13: '""', 14: "15412987326"}).cleared == ()


def test_a_flag_that_is_denied_is_no_more() -> None:
    """The unknown patient has a name now: PID-31 N takes the mark away."""
    assert registered({31: "N"}).cleared == ("flags",)
    assert registered({30: '""'}).cleared == ("flags",)
    assert registered({30: "Y", 31: "N"}).cleared == ()


# --- merges, changes, links ---------------------------------------------------------------------


@pytest.mark.parametrize("event", ["A40", "A47", "A34", "A36", "A18"])
def test_each_pair_says_who_is_kept_and_who_is_gone(event: str) -> None:
    first = ({3: "P2^^^HIS^MR", 5: "王^明"}, "MRG|P1^^^HIS^MR")
    second = ({3: "P4^^^HIS^MR", 5: "李^明"}, "MRG|P3^^^HIS^MR~C3^^^H1^JZK", "PV1|1|O")
    statements = said(adt(event, *first, *second))
    assert [type(one) for one in statements] == [Registered, Replaced, Registered, Replaced]
    told = [(s.gone, s.kept, s.event) for s in statements if isinstance(s, Replaced)]
    assert told == [(("HIS", "P1"), ("HIS", "P2"), event), (("HIS", "P3"), ("HIS", "P4"), event)]
    names = [s.registration.names[0].text for s in statements if isinstance(s, Registered)]
    assert names == ["王明", "李明"]


def test_each_prior_identifier_is_replaced_by_the_one_of_its_authority() -> None:
    statements = said(
        adt(
            "A40",
            {3: "P2^^^HIS^MR~L2^^^LIS^PI"},
            "MRG|P1^^^HIS~P0~L1^^^LIS~X1^^^PACS~P2^^^HIS^MR~P1^^^HIS",
        )
    )
    assert [(s.gone, s.kept) for s in statements if isinstance(s, Replaced)] == [
        (("HIS", "P1"), ("HIS", "P2")),
        (("HIS", "P0"), ("HIS", "P2")),
        (("LIS", "L1"), ("LIS", "L2")),
        (("PACS", "X1"), ("HIS", "P2")),
    ]


@pytest.mark.parametrize(
    ("message", "where"),
    [
        (adt("A40", {}), "MRG(1)-1"),
        (adt("A40", {}, "MRG|^^^HIS"), "MRG(1)-1"),
        (adt("A40", {}, f"MRG|{VALID}^^^^NI"), "MRG(1)-1"),
        (adt("A40", {3: ""}, "MRG|P1"), "PID(1)-3"),
        (adt("A40", {}, "MRG|P0", {3: "P4"}), "MRG(2)-1"),
        (adt("A40"), "PID(1)-3"),
        (adt("A24", {}), "PID(2)-3"),
        (adt("A37", {}, {3: "C1^^^^HC"}), "PID(2)-3"),
    ],
)
def test_a_merge_or_link_names_both(message: LogMessage, where: str) -> None:
    with pytest.raises(NamesNoPatient) as failure:
        said(message)
    assert failure.value.where == where


def test_links_are_made_and_taken_back() -> None:
    pair = ({3: "P1^^^HIS^MR"}, "PV1|1|I", {3: "L1^^^LIS^PI"}, "PV1|1|O")
    at = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    assert said(adt("A24", *pair)) == [Related(("HIS", "P1"), ("LIS", "L1"), True, at, "A24")]
    assert said(adt("A37", *pair)) == [Related(("HIS", "P1"), ("LIS", "L1"), False, at, "A37")]
    assert said(adt("A24", {}, {})) == []


def test_a_person_is_taken_back_by_the_identifier_alone() -> None:
    at = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    wrong = {3: f"{VALID}^^^^NI~P1^^^HIS^PI", 5: "王^小明"}
    assert said(adt("A29", wrong, "PV1|1|N")) == [Withdrawn(("HIS", "P1"), at, "A29")]
    for nobody in ({3: ""}, {3: f"{VALID}^^^^NI"}):
        with pytest.raises(NamesNoPatient) as failure:
            said(adt("A29", nobody))
        assert failure.value.where == "PID(1)-3"
