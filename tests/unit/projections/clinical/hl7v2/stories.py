"""Invented stories of several messages each, for the properties that hold of any."""

from __future__ import annotations

from base64 import b64encode

from .saying import PID, seg, visit

OBX = {1: "1", 2: "NM", 3: "GLU^葡萄糖^LIS", 6: "mmol/L", 7: "3.9-6.1", 8: "H"}
PDF = b64encode(b"%PDF-1.7 invented").decode()


def _text(event: str, at: str, *segments: str, by: str = "HIS") -> str:
    return "\r".join((f"MSH|^~\\&|{by}|H1|||{at}||{event}|C{at}|P|2.5", *segments, ""))


def _report(at: str, status: str, value: str) -> str:
    return _text(
        "ORU^R01",
        at,
        PID,
        visit(),
        seg("ORC", {1: "RE", 2: "O1", 3: "F1"}),
        seg("OBR", {2: "O1", 3: "F1", 4: "BIO^生化^LIS", 7: "202611020700", 24: "CH", 25: status}),
        seg("OBX", {**OBX, 5: value, 11: status}),
        "NTE|1||复查",
        seg(
            "OBX", {1: "2", 2: "ED", 3: "PDF^报告单^LIS", 5: f"LIS^AP^PDF^Base64^{PDF}", 11: status}
        ),
        "SPM|1|S1||SER^血清^L|||||||||||||202611020650|202611020700",
        by="LIS",
    )


STORIES: list[tuple[str, list[str]]] = [
    (
        "a stay",
        [
            _text("ADT^A01", "202611010800", PID, visit({44: "202611010800"}), "NK1|1|李^梅|配偶"),
            _text("ADT^A02", "202611030800", PID, visit({3: "外科^1^2", 6: "内科^301^2"})),
            _text(
                "ADT^A08",
                "202611040800",
                PID + "|||滨江路1号^^江城市",
                visit({7: "D1^张^医生^^^^^^HIS~D2^李^医生"}),
                "AL1|1|DA|PNC^青霉素|SV|皮疹",
                "DG1|1||J18.900^肺炎^ICD10CN|||A",
                "PR1|1||47.09^阑尾切除术^ICD9CM3||20261102",
                "IN1|1|JB|YB01|医保局|||||||||||职工医保||本人",
                "GT1|1||王^大明",
            ),
            _text("ADT^A03", "202611050800", PID, visit({45: "202611050800"})),
            _text("ADT^A13", "202611050900", PID, visit({44: "202611010800"})),
        ],
    ),
    (
        "a result",
        [
            _text(
                "OML^O21",
                "202611020600",
                PID,
                visit(),
                "ORC|NW|O1|||||^^^202611020700||202611020600|||D1^张^医生||||||||市一医院",
                "OBR|1|O1||BIO^生化^LIS|S",
                "NTE|1||空腹",
                "TQ1|1|||||||||S",
                "OBX|1|CWE|FAST^空腹^L||Y^是^HL70136",
            ),
            _report("202611020800", "P", "7.1"),
            _report("202611020900", "F", "7.2"),
            _report("202611021000", "C", "5.2"),
            _report("202611021100", "W", ""),
        ],
    ),
    (
        "medicines",
        [
            _text(
                "RDE^O11",
                "202611020600",
                PID,
                "ORC|NW|R1|||||1^Q8H&0800^^202611020700^^R",
                "RXE|^TID|AMX^阿莫西林^L|0.5|1|g||^饭后||||24|粒",
                "RXR|PO^口服",
                "TQ1|1||TID|||5^d|202611020700|202611070700||发热时",
            ),
            _text("RDS^O13", "202611020700", PID, "ORC|RE|R1", "RXD|1|AMX^阿莫西林|20261102|24|粒"),
            _text(
                "RAS^O17",
                "202611020800",
                PID,
                "ORC|RE|R1",
                "RXA|0|1|202611020800||AMX^阿莫西林|0.5|g",
                "RXR|PO",
            ),
            _text(
                "VXU^V04",
                "202611020900",
                PID,
                "ORC|RE||V1",
                "RXA|0|1|20261102||88^流感疫苗^CVX|1|mL",
            ),
            _text("RDE^O11", "202611021000", PID, "ORC|DC|R1"),
        ],
    ),
    (
        "appointments, charges and papers",
        [
            _text(
                "SIU^S12",
                "202611020600",
                "SCH|B1|B2|||||CHECKUP|Normal|30|min|^^^202612010900|||||||||||||||Booked",
                PID,
                "RGS|1",
                "AIS|1||CT^胸部CT^RIS|202612010900|||30|min",
                "AIL|1||放射科^2",
                "AIP|1||T1^李^技师",
                "AIG|1||CT1^CT机",
            ),
            _text("SIU^S15", "202611030600", "SCH|B1|B2", PID),
            _text(
                "DFT^P03",
                "202611020700",
                PID,
                visit(),
                "FT1|1|T1||20261102||CG|CT^胸部CT|||1|280.00",
            ),
            _text(
                "MDM^T02",
                "202611020800",
                PID,
                visit(),
                "TXA|1|CN|TX|20261102||||||||D1^EMR|||||AU",
                "OBX|1|TX|||第一行",
                "OBX|2|TX|||第二行",
            ),
            _text("MDM^T11", "202611020900", PID, "TXA|1|CN|TX|20261102||||||||D1^EMR|||||AU"),
            _text(
                "PPR^PC1",
                "202611021000",
                PID,
                "PRB|AD|20261102|E11^糖尿病^I10|PB1|||20261102",
                "GOL|AD||HBA^达标|G1",
                "PTH|AD|DM^路径|PW1",
            ),
            _text(
                "REF^I12",
                "202611021100",
                "RF1|P|R||||Z1|20261102",
                "PRD|RP|张^医生|||||D1",
                PID,
                "ORC|NW|O9",
                "OBR|1|O9||XPY^血培养^L||||||||||||||||||||||F|600-7&菌^1||||O1^F1",
            ),
            _text("RGV^O15", "202611021200", PID, "ZGV|1|什么"),
            _text("ADT^A40", "202611021300", PID, "MRG|P0^^^HIS^MR"),
        ],
    ),
]
"""Each with its name; its messages have different times."""
