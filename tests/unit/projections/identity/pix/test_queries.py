"""PIX and PDQ queries, asked over a real socket of a house with a real database."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from tests.peers.authority import Authority
from tests.unit.projections.identity.people import PHONE
from tests.unit.projections.identity.pix.asking import Line, answering, learn_encounters, numbers
from tests.unit.projections.identity.test_endpoints import OTHER, Desk, adt

from lianyi.connectors.tls import TlsClient
from lianyi.projections.identity.authorities import Authorities


async def test_the_identifiers_of_one_person_come_back(desk: Desk, line: Line) -> None:
    await desk.hear(adt("1"), adt("77", source="LIS"), adt("2", **OTHER))
    answer = await line.identifiers("1^^^HIS^PI")
    assert answer.header.event == "RSP^K23"
    assert answer.get("MSH-9.3") == "RSP_K23"
    assert (answer.get("MSA-1"), answer.get("QAK-2")) == ("AA", "OK")
    assert (answer.get("QAK-1"), answer.get("QPD-2")) == ("T1", "T1")
    assert answer.get_raw("QPD-3") == "1^^^HIS^PI"
    assert numbers(answer) == ["1^HIS", "77^LIS"]
    assert answer.get_raw("PID-3(1).4") == "HIS&1.2.156.99.1&ISO"
    assert answer.get_raw("PID-5(*)") == "~^^^^^^S"


RENAMED = {"name": "某人", "born": "", "sex": "", "number": "", "home": "", "phone": ""}


async def test_an_authority_may_be_called_by_any_of_its_names(desk: Desk, line: Line) -> None:
    desk.authorities = Authorities({"HIS": "HIS", "OLD": "HIS", "1.2.156.7": "HIS"})
    await desk.hear(adt("1"), adt("1", source="OLD", **RENAMED), adt("77", source="LIS"))
    await desk.hear(adt("2", source="OLD", **OTHER))
    for name in ("HIS", "OLD", "&1.2.156.7&ISO", "&1.2.156.99.1&ISO"):
        assert numbers(await line.identifiers(f"1^^^{name}")) == ["1^HIS", "77^LIS"], name
        assert numbers(await line.identifiers("77^^^LIS", f"^^^{name}")) == ["1^HIS"], name
    assert numbers(await line.identifiers("2^^^HIS")) == ["2^HIS"]
    found = await line.ask("Q22", "@PID.3.1^1~@PID.3.4.1^OLD")
    assert numbers(found) == ["1^HIS", "77^LIS"]
    answer = await line.identifiers("1^^^NOWHERE")
    assert answer.get("ERR-5.1") == "LY-2147"


async def test_only_wanted_domains_come_back(desk: Desk, line: Line) -> None:
    await desk.hear(adt("1"), adt("77", source="LIS"))
    answer = await line.identifiers("1^^^HIS", "^^^LIS")
    assert numbers(answer) == ["77^LIS"]
    by_oid = await line.identifiers("77^^^LIS", "^^^&1.2.156.99.1&ISO")
    assert numbers(by_oid) == ["1^HIS"]
    nothing = await line.identifiers("1^^^HIS", "^^^EMPTY")
    assert (nothing.get("MSA-1"), nothing.get("QAK-2"), nothing.count("PID")) == ("AA", "NF", 0)


@pytest.mark.parametrize(
    ("cx", "domains", "places", "code"),
    [
        ("404^^^HIS", "", ["QPD^1^3^1^1"], "LY-2146"),
        ("1^^^NOWHERE", "", ["QPD^1^3^1^4"], "LY-2147"),
        ("1^^^HIS", "^^^NOWHERE", ["QPD^1^4^1"], "LY-2147"),
        ("1^^^HIS", "^^^LIS~^^^X~^^^HIS~^^^Y", ["QPD^1^4^2", "QPD^1^4^4"], "LY-2147"),
        ("^^^HIS", "", ["QPD^1^3^1^1"], "LY-2148"),
        ("1", "", ["QPD^1^3^1^4"], "LY-2148"),
    ],
)
async def test_what_is_not_known_is_said_where_it_stands(
    desk: Desk, line: Line, cx: str, domains: str, places: list[str], code: str
) -> None:
    await desk.hear(adt("1"), adt("77", source="LIS"))
    answer = await line.identifiers(cx, domains)
    assert (answer.get("MSA-1"), answer.get("QAK-2"), answer.count("PID")) == ("AE", "AE", 0)
    said = [answer.get_raw(f"ERR({n})-2") for n in range(1, answer.count("ERR") + 1)]
    assert said == places
    assert answer.get("ERR-3.1") == ("102" if code == "LY-2148" else "204")
    assert (answer.get("ERR-4"), answer.get("ERR-5.1")) == ("E", code)


async def test_after_a_merge_the_gone_identifier_leads_to_what_took_its_place(
    desk: Desk, line: Line
) -> None:
    await desk.hear(adt("1"), adt("2", **OTHER))
    assert numbers(await line.identifiers("2^^^HIS")) == ["2^HIS"]
    await desk.hear(adt("1", event="A40", merged="2"))
    assert numbers(await line.identifiers("2^^^HIS")) == ["1^HIS"]
    assert numbers(await line.identifiers("1^^^HIS")) == ["1^HIS"]


async def test_each_peer_sees_the_records_of_its_hospital(desk: Desk, line: Line) -> None:
    await desk.hear(adt("1"))
    await desk.hear(adt("77", source="LIS"), channel="adt-b")
    assert numbers(await line.identifiers("1^^^HIS")) == ["1^HIS"]
    assert numbers(await line.identifiers("77^^^LIS", sender="FAR|H")) == ["77^LIS"]
    foreign = await line.identifiers("1^^^HIS", sender="FAR|H")
    assert (foreign.get("QAK-2"), foreign.get_raw("ERR-2")) == ("AE", "QPD^1^3^1^1")


async def test_who_is_not_known_is_rejected_and_written_down(desk: Desk, line: Line) -> None:
    await desk.hear(adt("1"))
    for sender in ("STRANGER|H", "LIS|ELSEWHERE", "AWAY|H", "CLERK|H"):
        answer = await line.identifiers("1^^^HIS", sender=sender)
        assert (answer.get("MSA-1"), answer.get("ERR-5.1")) == ("AR", "LY-2145"), sender
        assert answer.count("PID") == answer.count("QAK") == 0
    poor = await line.identifiers("1^^^HIS", sender="POOR|H")
    assert (poor.get("MSA-1"), poor.get("ERR-5.1")) == ("AE", "LY-1800")
    acts = await line.acts()
    assert [orjson.loads(one.body)["result"] for one in acts] == ["refused"] * 5
    assert orjson.loads(acts[0].body)["query"] == {"sender": "STRANGER|H"}
    assert "r:refused" in acts[0].keys


async def test_every_query_is_an_act_that_names_the_patients(desk: Desk, line: Line) -> None:
    wang = OTHER | {"name": "王大山"}
    await desk.hear(adt("1"), adt("77", source="LIS"), adt("3", **wang))
    await line.identifiers("1^^^HIS")
    await line.persons("@PID.5.1.1^王~@PID.7^1980")
    found, asked = await line.acts()
    said = orjson.loads(found.body)
    assert (said["actor"], said["operation"]) == ("lis", "query_identifiers")
    assert (said["purpose"], said["address"]) == ("RECORDMGT", "127.0.0.1")
    assert said["query"] == {"patient": "1^HIS"}
    assert {"w:1^HIS", "w:77^LIS"} <= set(found.keys)
    assert orjson.loads(asked.body)["query"] == {"parameters": "born family"}
    assert "w:1^HIS" in asked.keys
    assert "王".encode() not in asked.body
    assert "w:3^HIS" not in asked.keys  # looked through as a 王, and not shown


async def test_somebody_is_found_by_demographics(desk: Desk, line: Line) -> None:
    await desk.hear(adt("1"), adt("77", source="LIS"), adt("2", **OTHER))
    for wanted in (
        "@PID.3.1^1~@PID.3.4.1^HIS",
        "@PID.3.1^1~@PID.3.4.2^1.2.156.99.1",
        "@PID.5.1.1^王~@PID.5.2^小明",
        "@PID.5.1.1^王~@PID.7^1980",
        "@PID.5.1.1^王*~@PID.8^M",
        "@PID.5.1.1^Wang~@PID.5.2^Xiaoming~@PID.7^19800315",
        f"@PID.13.1^{PHONE}",
        "@PID.5.1.1^王~@PID.11.3^云溪市",
    ):
        answer = await line.persons(wanted)
        assert (answer.get("MSA-1"), answer.get("QAK-2")) == ("AA", "OK"), (wanted, answer.body)
        assert answer.count("PID") == 1, wanted
        assert numbers(answer) == ["1^HIS", "77^LIS"]
    assert answer.header.event == "RSP^K22"
    assert answer.get_raw("PID-5") == "王^小明^^^^^L"
    assert (answer.get("PID-7"), answer.get("PID-8")) == ("19800315", "M")
    assert answer.get("PID-13") == PHONE
    for wanted in ("@PID.5.1.1^赵", "@PID.5.1.1^王~@PID.8^F", "@PID.3.1^404"):
        answer = await line.persons(wanted)
        assert (answer.get("MSA-1"), answer.get("QAK-2")) == ("AA", "NF"), wanted


async def test_who_is_only_alike_comes_after_with_a_score(desk: Desk, line: Line) -> None:
    await desk.hear(adt("1"))
    answer = await line.persons(f"@PID.5.1.1^王~@PID.5.2^晓明~@PID.7^19800315~@PID.13^{PHONE}")
    assert numbers(answer) == ["1^HIS"]
    assert 0 < float(answer.get("QRI-1")) <= 1
    assert answer.get("QRI-3")
    exact = await line.persons("@PID.5.1.1^王~@PID.5.2^小明~@PID.7^19800315")
    assert exact.count("QRI") == 0


@pytest.mark.parametrize(
    ("wanted", "domains", "place"),
    [
        ("@PID.3.4.99^X~@PID.3.1^1", "", "QPD^1^3^1^1"),
        ("@PID.8^M", "", "QPD^1^3"),
        ("@PID.3.1^1~@PID.18^A1", "", "QPD^1^3^2^1"),
        ("@PID.3.1^1", "^^^NOWHERE", "QPD^1^8^1"),
    ],
)
async def test_what_cannot_be_asked_is_said(
    desk: Desk, line: Line, wanted: str, domains: str, place: str
) -> None:
    await desk.hear(adt("1"))
    answer = await line.persons(wanted, domains)
    assert (answer.get("MSA-1"), answer.get("QAK-2")) == ("AE", "AE")
    assert answer.get_raw("ERR-2") == place


async def test_many_come_in_parts(desk: Desk, line: Line) -> None:
    people = [
        adt(str(n), name=f"李{name}", born=f"19{50 + n}0304", number="", home="", phone="")
        for n, name in enumerate(("一", "二", "三", "四", "五"))
    ]
    await desk.hear(*people)
    seen: list[str] = []
    more: list[str] = []
    for left in (3, 1, 0):
        answer = await line.persons("@PID.5.1.1^李", rcp="RCP|I|2^RD", more=more)
        assert (answer.get("QAK-4"), answer.get("QAK-6")) == ("5", str(left))
        seen += [numbers(answer, n)[0] for n in range(1, answer.count("PID") + 1)]
        more = [f"DSC|{answer.get('DSC-1')}|I"]
        assert answer.count("DSC") == (left > 0)
    assert sorted(seen) == [f"{n}^HIS" for n in range(5)]
    wrong = await line.persons("@PID.5.1.1^李", more=["DSC|2.0123456789ab|I"])
    assert (wrong.get("MSA-1"), wrong.get_raw("ERR-2")) == ("AE", "DSC^1^1")
    cancelled = await line.send(
        b"MSH|^~\\&|LIS|H|LY|LY|20260302||QCN^J01^QCN_J01|CAN1|P|2.5\rQID|T1|IHE PDQ Query\r"
    )
    assert (cancelled.header.event, cancelled.get("MSA-1")) == ("ACK^J01", "AA")


async def test_the_answer_has_the_charset_of_the_question(desk: Desk, line: Line) -> None:
    await desk.hear(adt("1", name="王䶮"))
    answer = await line.persons("@PID.5.1.1^王", charset="GB18030", codec="gb18030")
    assert answer.header.charset == "GB18030"
    assert answer.codec == "gb18030"
    assert answer.get("PID-5.2") == "䶮"
    narrow = await line.persons("@PID.3.1^1~@PID.3.4.1^HIS", charset="8859/1", codec="latin-1")
    assert (narrow.get("MSA-1"), narrow.get("ERR-5.1")) == ("AE", "LY-1208")


async def test_a_visit_is_told_where_one_is_known(desk: Desk, line: Line) -> None:
    visit = "PV1|1|I|W1^R1^B1^H||||||||||||||||V9^^^HIS^VN"
    await desk.hear(adt("1", event="A01").replace(b"PV1|1|O", visit.encode()), adt("2", **OTHER))
    await learn_encounters(desk)
    answer = await line.ask("ZV1", "@PID.3.1^1~@PID.3.4.1^HIS")
    assert (answer.header.event, answer.get("MSH-9.3")) == ("RSP^ZV2", "RSP_ZV2")
    assert (answer.get("QAK-2"), answer.count("PV1")) == ("OK", 1)
    assert (answer.get("PV1-2"), answer.get("PV1-3.1")) == ("I", "W1-R1-B1")
    assert (answer.get("PV1-19.1"), answer.get("PV1-19.4.1")) == ("V9", "HIS")
    none = await line.ask("ZV1", "@PID.3.1^2~@PID.3.4.1^HIS")
    assert (none.get("QAK-2"), none.get("PV1-2")) == ("OK", "O")
    ward = await line.ask("ZV1", "@PID.5.1.1^王~@PV1.3.1^W1")
    assert (ward.get("QAK-2"), numbers(ward)) == ("OK", ["1^HIS"])
    other = await line.ask("ZV1", "@PID.5.1.1^王~@PV1.3.1^W2")
    assert (other.get("QAK-2"), other.count("PID")) == ("NF", 0)


async def test_what_is_no_query_is_rejected(desk: Desk, line: Line) -> None:
    answer = await line.send(adt("1", source="LIS"))
    assert (answer.header.event, answer.get("MSA-1")) == ("ACK^A04", "AR")
    assert (await line.send(b"GET / HTTP/1.1")).get("MSA-1") == "AR"


async def test_a_certificate_proves_a_peer(desk: Desk, line: Line, tmp_path: Path) -> None:
    await desk.hear(adt("1"))
    authority = Authority(tmp_path)
    certificate, key = authority.issue("localhost")
    async with answering(
        desk,
        query_tls={
            "certificate_file": certificate, "key_file": key, "client_ca_file": authority.ca_file
        },
        query_peers=[
            {
                "account": "lis", "application": "LIS", "facility": "H",
                "certificate": "commonName=lis",
            }
        ],
    ) as secured:  # fmt: skip
        for name, code in (("lis", "AA"), ("other", "AR")):
            own, own_key = authority.issue(name)
            secured.tls = TlsClient(
                ca_file=authority.ca_file, certificate_file=own, key_file=own_key
            )
            assert (await secured.identifiers("1^^^HIS")).get("MSA-1") == code
    asked = [orjson.loads(one.body) for one in await line.acts()]
    assert asked[0]["factors"] == ["certificate"]


async def test_an_account_that_was_switched_off_asks_nothing(desk: Desk, line: Line) -> None:
    await desk.hear(adt("1"))
    assert (await line.identifiers("1^^^HIS")).get("MSA-1") == "AA"
    await desk.house.pool.execute("UPDATE security.account SET state = 'disabled'"
                                  " WHERE name = 'lis'")  # fmt: skip
    answer = await line.identifiers("1^^^HIS")
    assert (answer.get("MSA-1"), answer.get("ERR-5.1")) == ("AR", "LY-2145")


async def test_who_knocks_in_vain_too_often_is_not_written_down_any_more(
    desk: Desk, line: Line
) -> None:
    most = desk.house.app.state.keeper._failures._max
    for _ in range(most + 3):
        last = await line.identifiers("1^^^HIS", sender="STRANGER|H")
        assert last.get("MSA-1") == "AR"
    assert last.get("ERR-5.1") == "LY-1608"
    assert len(await line.acts()) == most
