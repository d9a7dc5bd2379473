"""What the simulated hospital has and does: wards, doctors, tests, examinations, drugs, fees.

The codes are the local ones of an invented hospital; ``content/tables`` maps some of them to
LOINC, as a hospital would.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

FACILITY = "YXRM"
HOSPITAL = "云溪市人民医院"


class Ward(NamedTuple):
    """An inpatient ward with its department."""

    code: str
    name: str
    department: str
    beds: int


class Staff(NamedTuple):
    """A doctor, nurse or technician."""

    code: str
    family: str
    given: str


class Analyte(NamedTuple):
    """One quantity that the laboratory measures.

    ``low`` and ``high`` bound the reference range, ``panic_low`` and ``panic_high`` the values
    that must be called at once. All in ``unit``.
    """

    code: str
    name: str
    unit: str
    low: float
    high: float
    panic_low: float
    panic_high: float
    decimals: int


class Panel(NamedTuple):
    """What is ordered from the laboratory together."""

    code: str
    name: str
    specimen: tuple[str, str]
    fee_fen: int
    analytes: tuple[Analyte, ...]


class Examination(NamedTuple):
    """An imaging examination with a normal and an abnormal report text."""

    code: str
    name: str
    modality: str
    room: str
    fee_fen: int
    normal: str
    abnormal: str


class Drug(NamedTuple):
    """A drug as the pharmacy orders it."""

    code: str
    name: str
    dose: str
    unit: str
    fee_fen: int


WARDS = (
    Ward("W0301", "呼吸内科一病区", "呼吸内科", 42),
    Ward("W0302", "心血管内科病区", "心血管内科", 46),
    Ward("W0401", "普通外科病区", "普通外科", 48),
    Ward("W0402", "骨科病区", "骨科", 44),
    Ward("W0501", "神经内科病区", "神经内科", 40),
    Ward("W0502", "消化内科病区", "消化内科", 36),
    Ward("W0601", "重症医学科", "重症医学科", 16),
)
CLINICS = (
    ("C0101", "呼吸内科门诊"),
    ("C0102", "心血管内科门诊"),
    ("C0103", "普通外科门诊"),
    ("C0104", "骨科门诊"),
    ("C0105", "急诊科"),
)
DOCTORS = tuple(
    Staff(f"D{place:04d}", name[:1], name[1:])
    for place, name in enumerate(
        ("陈立新", "周文静", "吴海涛", "郑晓岚", "罗建平", "梁一鸣", "宋雨晴", "冯志远"), start=1
    )
)
NURSES = tuple(
    Staff(f"N{place:04d}", name[:1], name[1:])
    for place, name in enumerate(("何秀兰", "林婷婷", "高慧", "谢佳欣"), start=1)
)
TECHNICIANS = tuple(
    Staff(f"T{place:04d}", name[:1], name[1:])
    for place, name in enumerate(("许国栋", "邓敏", "曹磊"), start=1)
)
DIAGNOSES = (
    ("J18.900", "肺炎"),
    ("J44.100", "慢性阻塞性肺疾病伴急性加重"),
    ("I20.000", "不稳定性心绞痛"),
    ("I10.x00", "特发性高血压"),
    ("I63.900", "脑梗死"),
    ("K35.800", "急性阑尾炎"),
    ("K80.200", "胆囊结石不伴胆囊炎"),
    ("S72.000", "股骨颈骨折"),
    ("E11.900", "2型糖尿病"),
    ("N18.900", "慢性肾脏病"),
)
ALLERGIES = (("PCN", "青霉素", "皮疹"), ("CEF", "头孢类", "瘙痒"), ("SEA", "海鲜", "荨麻疹"))

PANELS = (
    Panel(
        "XCG",
        "血常规",
        ("BLD", "全血"),
        2000,
        (
            Analyte("WBC", "白细胞计数", "10*9/L", 3.5, 9.5, 1.5, 30, 2),
            Analyte("RBC", "红细胞计数", "10*12/L", 3.8, 5.8, 1.5, 8, 2),
            Analyte("HGB", "血红蛋白", "g/L", 115, 175, 60, 220, 0),
            Analyte("PLT", "血小板计数", "10*9/L", 125, 350, 30, 1000, 0),
            Analyte("NEUT%", "中性粒细胞百分比", "%", 40, 75, 5, 98, 1),
        ),
    ),
    Panel(
        "DJZ",
        "电解质",
        ("SER", "血清"),
        3000,
        (
            Analyte("K", "钾", "mmol/L", 3.5, 5.3, 2.8, 6.2, 2),
            Analyte("NA", "钠", "mmol/L", 137, 147, 120, 160, 1),
            Analyte("CL", "氯", "mmol/L", 99, 110, 80, 125, 1),
            Analyte("CA", "总钙", "mmol/L", 2.11, 2.52, 1.6, 3.5, 2),
        ),
    ),
    Panel(
        "SGN",
        "肾功能",
        ("SER", "血清"),
        3600,
        (
            Analyte("CREA", "肌酐", "umol/L", 57, 111, 20, 530, 0),
            Analyte("UREA", "尿素", "mmol/L", 3.1, 8.0, 1, 36, 1),
            Analyte("UA", "尿酸", "umol/L", 208, 428, 60, 900, 0),
        ),
    ),
    Panel(
        "XJSM",
        "心肌损伤标志物",
        ("SER", "血清"),
        12000,
        (
            Analyte("CTNI", "肌钙蛋白I", "ng/mL", 0, 0.04, -1, 0.5, 3),
            Analyte("CKMB", "肌酸激酶同工酶", "U/L", 0, 25, -1, 200, 1),
        ),
    ),
    Panel(
        "XT",
        "葡萄糖测定",
        ("SER", "血清"),
        600,
        (Analyte("GLU", "葡萄糖", "mmol/L", 3.9, 6.1, 2.2, 22.2, 2),),
    ),
)
ORGANISMS = (
    ("ECO", "大肠埃希菌"),
    ("KPN", "肺炎克雷伯菌"),
    ("PAE", "铜绿假单胞菌"),
    ("SAU", "金黄色葡萄球菌"),
)
ANTIBIOTICS = (
    ("AMK", "阿米卡星"),
    ("CAZ", "头孢他啶"),
    ("CIP", "环丙沙星"),
    ("IPM", "亚胺培南"),
    ("PIP", "哌拉西林"),
)
EXAMINATIONS = (
    Examination(
        "CT001",
        "胸部CT平扫",
        "CT",
        "CT一室",
        28000,
        "双肺纹理清晰，未见明显实变影。纵隔无移位，心影大小正常。",
        "右肺下叶见斑片状高密度影，边界模糊，考虑感染性病变，建议抗炎后复查。",
    ),
    Examination(
        "MR001",
        "颅脑MRI平扫",
        "MR",
        "磁共振室",
        52000,
        "脑实质信号未见明显异常，脑室系统无扩大，中线结构居中。",
        "左侧基底节区见斑片状DWI高信号，考虑急性脑梗死，请结合临床。",
    ),
    Examination(
        "US001",
        "腹部彩超",
        "US",
        "超声三室",
        16000,
        "肝胆胰脾双肾声像图未见明显异常。",
        "胆囊内见数个强回声团伴声影，较大者约12mm×9mm，提示胆囊多发结石。",
    ),
    Examination(
        "DR001",
        "髋关节正位片",
        "DX",
        "DR二室",
        9000,
        "所见骨质结构完整，关节间隙正常。",
        "左侧股骨颈骨皮质不连续，断端轻度错位。",
    ),
)
DRUGS = (
    Drug("YP1001", "注射用头孢曲松钠", "2", "g", 4860),
    Drug("YP1002", "阿司匹林肠溶片", "100", "mg", 1520),
    Drug("YP1003", "阿托伐他汀钙片", "20", "mg", 3980),
    Drug("YP1004", "0.9%氯化钠注射液", "250", "mL", 430),
    Drug("YP1005", "胰岛素注射液", "8", "[iU]", 2750),
)
DOCUMENTS = (
    ("HP", "入院记录"),
    ("PN", "首次病程记录"),
    ("CN", "会诊记录"),
    ("OP", "手术记录"),
    ("DS", "出院记录"),
)


def pick_value(analyte: Analyte, chance: Random) -> tuple[str, str]:
    """Return a value as the analyser prints it, and its flag: ``N L H LL HH`` (table 0078)."""
    kind = chance.random()
    span = analyte.high - analyte.low
    if kind < 0.015:
        value = analyte.panic_high * chance.uniform(1.02, 1.4)
    elif kind < 0.025 and analyte.panic_low > 0:
        value = analyte.panic_low * chance.uniform(0.6, 0.98)
    elif kind < 0.14:
        value = min(analyte.high + span * chance.uniform(0.05, 0.4), analyte.panic_high)
    elif kind < 0.22 and analyte.low > 0:
        value = max(analyte.low - span * chance.uniform(0.05, 0.3), analyte.panic_low)
    else:
        value = analyte.low + span * chance.uniform(0.1, 0.9)
    printed = f"{value:.{analyte.decimals}f}"
    return printed, _flag(float(printed), analyte)


def _flag(value: float, analyte: Analyte) -> str:
    if value > analyte.panic_high:
        return "HH"
    if value < analyte.panic_low:
        return "LL"
    if value > analyte.high:
        return "H"
    return "L" if value < analyte.low else "N"
