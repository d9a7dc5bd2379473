"""The messages of the benchmarks: admissions of nearly 1 KB, invented, with Chinese names.

Each says in a segment of its own who it is: ``ZBM|<number>|<patient>|<nanoseconds>``, the number
counted from the generator's first message on, and the moment at which it was due to be sent.
"""

from __future__ import annotations

MARK = b"\rZBM|"
SIZE_BYTES = 1000

_FAMILY = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨"
_GIVEN = "文静雨晴志强晓燕海涛玉兰国栋秀英"
_HEAD = "MSH|^~\\&|HIS|BENCH|ESB|BENCH|20260302084140||ADT^A01^ADT_A01|"
_BODY = (
    "|P|2.5.1|||||CHN|UNICODE UTF-8\r"
    "EVN|A01|20260302084140|||D0012^{name}\r"
    "PID|1||{patient}^^^BENCH^PI~99010219800307{patient}^^^PRC^NI||{name}^^^^^^L||19800307|M|||"
    "试验路 12 号^^试验市^试验省^100000^CHN||^PRN^PH^^^010^00000000|||M|||||||||||||||N\r"
    "NK1|1|{name}|SPO^配偶^HL70063|试验路 12 号^^试验市^试验省^100000^CHN|^PRN^PH^^^010^00000001\r"
    "PV1|1|I|W12^305^02^BENCH^^^^^呼吸内科一病区|R|||D0012^{name}^^^^^^BENCH|D0034^{name}||MED|||||||"
    "D0012^{name}|INP|V{patient}|||||||||||||||||||||BENCH|||||20260302083000\r"
    "PV2|||J18.9^肺炎，病原体未特指^I10\r"
    "AL1|1|DA|PEN^青霉素^L|SV|皮疹|20100101\r"
    "DG1|1||J18.9^肺炎，病原体未特指^I10||20260302|A\r"
    "IN1|1|URBMI^城镇居民基本医疗保险|990102|试验市医疗保障局\r"
    "NTE|1|L|"
)


class Traffic:
    """Messages of a number of patients; those of one patient are told apart by number."""

    def __init__(self, patients: int) -> None:
        """Prepare the messages of so many patients."""
        self.patients = patients
        self._head = _HEAD.encode()
        self._bodies = [_body(patient) for patient in range(patients)]

    def message(self, number: int, patient: int, due_ns: int) -> bytes:
        """Return one message; MSH-10 is its number."""
        return b"%bB%010d%bZBM|%d|%d|%d\r" % (
            self._head,
            number,
            self._bodies[patient],
            number,
            patient,
            due_ns,
        )


def control_id(number: int) -> str:
    """Return MSH-10 of a message."""
    return f"B{number:010d}"


def patient_id(patient: int) -> str:
    """Return PID-3.1 of a patient."""
    return f"{10_000_000 + patient}"


def read_mark(message: bytes) -> tuple[int, int, int]:
    """Return number, patient and due nanoseconds of a message, however it was transformed."""
    at = message.rindex(MARK) + len(MARK)
    number, patient, due = message[at : message.index(b"\r", at)].split(b"|")[:3]
    return int(number), int(patient), int(due)


def _body(patient: int) -> bytes:
    size = len(_FAMILY)
    given = _GIVEN[patient * 7 % len(_GIVEN)]
    name = f"{_FAMILY[patient % size]}^{given}{_GIVEN[patient // size % len(_GIVEN)]}"
    body = _BODY.format(patient=patient_id(patient), name=name).encode()
    padding = max(SIZE_BYTES - len(_HEAD) - 11 - len(body) - 45, 0)
    return body + b"." * padding + b"\r"
