"""Invented clinical documents, and what is made of them."""

# ruff: noqa: E501 - XML is not broken where it may not be
from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from fhir.resources.R4B import get_fhir_model_class

from lianyi.formats.fhir import json_text
from lianyi.formats.fhir.validation import Validator
from lianyi.messagelog.message import LogMessage
from lianyi.projections.clinical import cda
from lianyi.projections.clinical.folding import Entry, Place, standing
from lianyi.projections.clinical.statements import Stated

ZONE = ZoneInfo("Asia/Shanghai")
RECEIVED = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
SPACES = 'xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
LOINC = 'codeSystem="2.16.840.1.113883.6.1" codeSystemName="LOINC"'
SCT = 'codeSystem="2.16.840.1.113883.6.96"'
T = "2.16.840.1.113883.10.20.22.4"

Resource = dict[str, Any]

SENDERS = frozenset({"code-unknown"})
"""Rules that only the sender breaks: he names a coding system for a code that is not of it."""
PROFILES = frozenset(
    {"profile-missing", "profile-kind", "slice-closed", "code-not-in-set", "no-code-from-set"}
)
"""Rules of the profiles of vital signs: a height in inches is none."""

PATIENT = """<recordTarget><patientRole><id root="1.2.156.99" extension="P1"/>
<addr use="HP"><streetAddressLine>滨江路1号</streetAddressLine><city>江城市</city></addr>
<telecom use="MC" value="tel:13800000000"/>
<patient><name use="L">王小明</name><administrativeGenderCode code="M"
codeSystem="2.16.840.1.113883.5.1"/><birthTime value="19800315"/></patient></patientRole></recordTarget>"""
AUTHOR = """<author><time value="20260301"/><assignedAuthor><id root="1.2.156.99.1" extension="D7"/>
<assignedPerson><name>张医生</name></assignedPerson><representedOrganization><name>江城医院</name>
</representedOrganization></assignedAuthor></author>"""
CUSTODIAN = """<custodian><assignedCustodian><representedCustodianOrganization>
<id root="1.2.156.99.2" extension="H1"/><name>江城医院</name></representedCustodianOrganization>
</assignedCustodian></custodian>"""
VISIT = """<componentOf><encompassingEncounter><id root="1.2.156.99.3" extension="V1"/>
<code code="IMP" codeSystem="2.16.840.1.113883.5.4"/><effectiveTime><low value="20260220"/>
<high value="20260301"/></effectiveTime></encompassingEncounter></componentOf>"""


def paper(
    *sections: str,
    number: str = "1",
    at: str = "20260301100000+0800",
    version: int = 1,
    related: str = "",
    patient: str = PATIENT,
    title: str = "出院小结",
    visit: str = VISIT,
) -> str:
    """A document of some sections."""
    body = "".join(f"<component>{one}</component>" for one in sections)
    return f"""<?xml version="1.0"?>
<ClinicalDocument {SPACES}><typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
<id root="1.2.156.99.9" extension="{number}"/><code code="18842-5" {LOINC} displayName="Discharge summary"/>
<title>{title}</title><effectiveTime value="{at}"/><confidentialityCode code="N"/><languageCode code="zh-CN"/>
<setId root="1.2.156.99.9" extension="set"/><versionNumber value="{version}"/>
{patient}{AUTHOR}{CUSTODIAN}{related}{visit}
<component><structuredBody>{body}</structuredBody></component></ClinicalDocument>"""


def section(code: str, title: str, *entries: str, text: str = "<paragraph>见下</paragraph>") -> str:
    """A section with entries."""
    inside = "".join(f"<entry>{one}</entry>" for one in entries)
    return f'<section><code code="{code}" {LOINC}/><title>{title}</title><text>{text}</text>{inside}</section>'


def replacing(number: str) -> str:
    """What says that a document replaces another one."""
    return (
        '<relatedDocument typeCode="RPLC"><parentDocument>'
        f'<id root="1.2.156.99.9" extension="{number}"/></parentDocument></relatedDocument>'
    )


ALLERGY = f"""<act classCode="ACT" moodCode="EVN"><templateId root="{T}.30"/><id root="1.2.9" extension="a"/>
<code code="CONC" codeSystem="2.16.840.1.113883.5.6"/><statusCode code="active"/>
<entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN"><templateId root="{T}.7"/>
<id root="1.2.9" extension="a1"/><code code="ASSERTION" codeSystem="2.16.840.1.113883.5.4"/>
<statusCode code="completed"/><effectiveTime><low value="199805"/></effectiveTime>
<value xsi:type="CD" code="416098002" {SCT} displayName="Allergy to drug"/>
<participant typeCode="CSM"><participantRole classCode="MANU"><playingEntity classCode="MMAT">
<code code="7980" codeSystem="2.16.840.1.113883.6.88" displayName="Penicillin"><originalText>
<reference value="#peni"/></originalText></code></playingEntity></participantRole></participant>
<entryRelationship typeCode="MFST" inversionInd="true"><observation classCode="OBS" moodCode="EVN">
<templateId root="{T}.9"/><id root="1.2.9" extension="a2"/><code code="ASSERTION" codeSystem="2.16.840.1.113883.5.4"/>
<value xsi:type="CD" code="247472004" {SCT} displayName="Wheal"/><entryRelationship typeCode="SUBJ">
<observation classCode="OBS" moodCode="EVN"><templateId root="{T}.8"/><code code="SEV" codeSystem="2.16.840.1.113883.5.4"/>
<value xsi:type="CD" code="24484000" {SCT}/></observation></entryRelationship></observation></entryRelationship>
</observation></entryRelationship></act>"""

PROBLEM = f"""<act classCode="ACT" moodCode="EVN"><templateId root="{T}.3"/><id root="1.2.9" extension="p"/>
<code code="CONC" codeSystem="2.16.840.1.113883.5.6"/><statusCode code="active"/>
<entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN"><templateId root="{T}.4"/>
<id root="1.2.9" extension="p1"/><code code="55607006" {SCT}/><statusCode code="completed"/>
<effectiveTime><low value="20200105"/></effectiveTime>
<value xsi:type="CD" code="38341003" {SCT} displayName="Hypertension"><translation code="I10"
codeSystem="2.16.840.1.113883.6.90" displayName="Essential hypertension"/></value></observation>
</entryRelationship></act>"""

MEDICINE = f"""<substanceAdministration classCode="SBADM" moodCode="EVN"><templateId root="{T}.16"/>
<id root="1.2.9" extension="m"/><text>早一片</text><statusCode code="active"/>
<effectiveTime xsi:type="IVL_TS"><low value="20260101"/></effectiveTime>
<effectiveTime xsi:type="PIVL_TS" operator="A"><period value="12" unit="h"/></effectiveTime>
<routeCode code="C38288" codeSystem="2.16.840.1.113883.3.26.1.1" displayName="Oral"/>
<doseQuantity value="1.50" unit="mg"/><consumable><manufacturedProduct><manufacturedMaterial>
<code code="314076" codeSystem="2.16.840.1.113883.6.88" displayName="Lisinopril"/></manufacturedMaterial>
</manufacturedProduct></consumable></substanceAdministration>"""

VACCINE = f"""<substanceAdministration classCode="SBADM" moodCode="EVN" negationInd="false">
<templateId root="{T}.52"/><id root="1.2.9" extension="v"/><statusCode code="completed"/>
<effectiveTime nullFlavor="UNK"/><consumable><manufacturedProduct><manufacturedMaterial>
<code code="88" codeSystem="2.16.840.1.113883.12.292"/><lotNumberText>L7</lotNumberText></manufacturedMaterial>
</manufacturedProduct></consumable></substanceAdministration>"""


def result(number: str, code: str, value: str, template: str = "2") -> str:
    return f"""<observation classCode="OBS" moodCode="EVN"><templateId root="{T}.{template}"/>
<id root="1.2.9" extension="{number}"/><code code="{code}" {LOINC}/><statusCode code="completed"/>
<effectiveTime value="202602211030+0800"/>{value}<interpretationCode code="H"
codeSystem="2.16.840.1.113883.5.83"/><referenceRange><observationRange><value xsi:type="IVL_PQ">
<low value="3.5" unit="mmol/L"/><high value="5.5" unit="mmol/L"/></value></observationRange></referenceRange>
</observation>"""


def panel(*results: str) -> str:
    inside = "".join(f"<component>{one}</component>" for one in results)
    return f"""<organizer classCode="BATTERY" moodCode="EVN"><templateId root="{T}.1"/>
<id root="1.2.9" extension="r"/><code code="24323-8" {LOINC} displayName="CMP"/><statusCode code="completed"/>
{inside}</organizer>"""


POTASSIUM = result("r1", "2823-3", '<value xsi:type="PQ" value="6.20" unit="mmol/L"/>')
SMOKING = f"""<observation classCode="OBS" moodCode="EVN"><templateId root="{T}.78"/><id root="1.2.9" extension="s"/>
<code code="72166-2" {LOINC}/><statusCode code="completed"/><effectiveTime value="20260221"/>
<value xsi:type="CD" code="8517006" {SCT} displayName="Former smoker"/></observation>"""
OPERATION = f"""<procedure classCode="PROC" moodCode="EVN"><templateId root="{T}.14"/><id root="1.2.9" extension="o"/>
<code code="6025007" {SCT} displayName="阑尾切除术"/><statusCode code="completed"/>
<effectiveTime value="20260222"/></procedure>"""
PLANNED = f"""<observation classCode="OBS" moodCode="INT"><templateId root="{T}.44"/><id root="1.2.9" extension="n"/>
<code code="2823-3" {LOINC} displayName="Potassium"/><statusCode code="active"/>
<effectiveTime><center value="20260315"/></effectiveTime></observation>"""
GOAL = f"""<observation classCode="OBS" moodCode="GOL"><templateId root="{T}.121"/><id root="1.2.9" extension="g"/>
<code code="8480-6" {LOINC} displayName="Systolic"/><statusCode code="active"/><effectiveTime value="20260401"/>
<value xsi:type="IVL_PQ"><high value="130" unit="mm[Hg]"/></value></observation>"""

SECTIONS = (
    section("48765-2", "过敏", ALLERGY, text='<table><tbody><tr><td ID="peni">青霉素</td></tr></tbody></table>'),
    section("11450-4", "问题", PROBLEM),
    section("10160-0", "用药", MEDICINE),
    section("11369-6", "接种", VACCINE),
    section("30954-2", "检验", panel(POTASSIUM)),
    section("29762-2", "生活史", SMOKING),
    section("47519-4", "手术", OPERATION),
    section("18776-5", "计划", PLANNED, GOAL, text="<paragraph>两周后复查血钾</paragraph>"),
)  # fmt: skip

DE = 'codeSystem="2.16.156.10011.2.2.1" codeSystemName="卫生信息数据元目录"'
DIAGNOSIS = f"""<observation classCode="OBS" moodCode="EVN"><code code="DE05.01.025.00" {DE} displayName="出院诊断-西医诊断名称"/>
<value xsi:type="ST">急性阑尾炎</value><entryRelationship typeCode="COMP"><observation classCode="OBS" moodCode="EVN">
<code code="DE05.01.024.00" {DE} displayName="出院诊断-西医诊断编码"/><value xsi:type="CD" code="K35.900"
codeSystem="2.16.156.10011.2.3.3.11.3" codeSystemName="诊断代码表（ICD-10）"/></observation></entryRelationship></observation>"""


def allergic(words: str) -> str:
    return f"""<observation classCode="OBS" moodCode="EVN"><code code="DE02.10.022.00" {DE} displayName="过敏史"/>
<value xsi:type="ST">{words}</value></observation>"""


TEMPERATURE = f"""<organizer classCode="BATTERY" moodCode="EVN"><statusCode/><component><observation classCode="OBS"
moodCode="EVN"><code code="DE04.10.186.00" {DE} displayName="体温（℃）"/><value xsi:type="PQ" value="37.8"
unit="Cel"/></observation></component></organizer>"""
CITIZEN = """<recordTarget typeCode="RCT"><patientRole classCode="PAT"><id root="2.16.156.10011.1.12" extension="ZY001"/>
<patient><id root="2.16.156.10011.1.3" extension="110101198003150019"/><name>李建国</name>
<administrativeGenderCode code="1" codeSystem="2.16.156.10011.2.3.3.4" displayName="男性"/>
<birthTime value="19800315"/></patient></patientRole></recordTarget>"""
WST500 = paper(
    section("11535-2", "出院诊断", DIAGNOSIS, text=""),
    section("48765-2", "过敏史", allergic("青霉素过敏"), text=""),
    section("8716-3", "生命体征", TEMPERATURE, text=""),
    section("8648-8", "住院过程", text="急诊行阑尾切除术，术后恢复好"),
    patient=CITIZEN,
    title="出院小结",
)


def logged(text: str | bytes, *, codec: str = "utf-8", number: int = 7) -> LogMessage:
    """A document as it lies in the log."""
    body = text.encode(codec) if isinstance(text, str) else text
    return LogMessage(1, number, RECEIVED, 3, "xml", body, "", "EMR|H1", (), 0, None, b"")


def said(*papers: str | bytes) -> list[Stated]:
    """What documents say, each as it arrives."""
    return [one for text in papers for one in cda.read(logged(text), ZONE)]


def fold(stated: Iterable[Stated]) -> dict[tuple[str, str], Resource]:
    """What statements make, taken as they arrive."""
    entries: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for part, one in enumerate(stated):
        place = Place(RECEIVED + timedelta(seconds=part), 1, 1, part)
        entries[one.type, one.id].append(
            Entry(one.said_at, one.rank, place, 3, one.whole, one.deleted, one.resource)
        )
    made = {key: standing(of) for key, of in entries.items()}
    return {key: dict(one) for key, one in made.items() if one is not None}


def known(type_: str, *papers: str | bytes) -> list[Resource]:
    return [one for (kind, _), one in fold(said(*papers)).items() if kind == type_]


def only(type_: str, *papers: str | bytes) -> Resource:
    (one,) = known(type_, *papers)
    return one


@lru_cache(maxsize=1)
def judge() -> Validator:
    return Validator()


def check_valid(stated: Iterable[Stated]) -> None:
    """Every resource that documents make is one of FHIR, by two judges."""
    for (type_, _), resource in fold(stated).items():
        written = json_text.write(resource)
        get_fhir_model_class(type_).model_validate_json(written)
        found = judge().validate(json_text.read(written))
        wrong = [one for one in found if one.severity in ("fatal", "error")]
        excused = SENDERS | (PROFILES if type_ == "Observation" else frozenset())
        assert [(one.expression, one.en) for one in wrong if one.rule not in excused] == []
