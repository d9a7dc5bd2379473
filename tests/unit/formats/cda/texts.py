"""Invented clinical documents, as small as they can be."""

# ruff: noqa: E501 - XML is not broken where it may not be
from __future__ import annotations

SPACES = 'xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


def document(
    *, title: str = "出院小结", text: str = "<paragraph>头痛</paragraph>", media: str = ""
) -> str:
    """A document of one section with one within."""
    return f"""<ClinicalDocument {SPACES}><id root="1.2.3" extension="1"/><code code="x"/><title>{title}</title>
<effectiveTime value="20260301103000+0800"/><languageCode code="zh-CN"/><setId root="1.2.3" extension="set"/><versionNumber value="3"/>
<recordTarget><patientRole><id root="1.2.3" extension="P1"/><patient><name>王小明</name>
<administrativeGenderCode code="M"/><birthTime value="19800315"/></patient></patientRole></recordTarget>
<author><assignedAuthor><assignedPerson><name><family>张</family><given>医生</given></name></assignedPerson></assignedAuthor></author>
<relatedDocument typeCode="RPLC"><parentDocument><id root="1.2.3" extension="0"/></parentDocument></relatedDocument>
<component><structuredBody><component><section><title>主诉</title><text>{text}</text>{media}
<component><section><title>现病史</title><entry><observation classCode="OBS" moodCode="EVN"/></entry></section></component>
</section></component></structuredBody></component></ClinicalDocument>"""
