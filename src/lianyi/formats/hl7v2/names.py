"""What the common segments and fields are called, for people who read a message on a screen.

English field names come from the structure tables; Chinese ones are ours, for the segments that
hospitals exchange every day. ``number name`` pairs, divided by bars.
"""

from __future__ import annotations

from functools import lru_cache

SEGMENTS: dict[str, tuple[str, str]] = {
    "MSH": ("Message header", "消息头"),
    "SFT": ("Software", "软件"),
    "EVN": ("Event type", "事件类型"),
    "PID": ("Patient identification", "患者标识"),
    "PD1": ("Patient additional demographics", "患者附加信息"),
    "NK1": ("Next of kin", "联系人"),
    "PV1": ("Patient visit", "就诊"),
    "PV2": ("Patient visit, additional", "就诊附加信息"),
    "MRG": ("Merge patient information", "合并患者信息"),
    "AL1": ("Patient allergy", "过敏"),
    "DG1": ("Diagnosis", "诊断"),
    "PR1": ("Procedures", "手术操作"),
    "GT1": ("Guarantor", "担保人"),
    "IN1": ("Insurance", "医保"),
    "IN2": ("Insurance, additional", "医保附加信息"),
    "ORC": ("Common order", "通用医嘱"),
    "OBR": ("Observation request", "检查检验申请"),
    "OBX": ("Observation result", "检查检验结果"),
    "NTE": ("Notes and comments", "备注"),
    "SPM": ("Specimen", "标本"),
    "TQ1": ("Timing and quantity", "时间与数量"),
    "RXO": ("Pharmacy order", "药品医嘱"),
    "RXE": ("Pharmacy encoded order", "药品核对医嘱"),
    "RXR": ("Pharmacy route", "给药途径"),
    "RXC": ("Pharmacy component", "药品组分"),
    "RXD": ("Pharmacy dispense", "发药"),
    "RXA": ("Pharmacy administration", "给药"),
    "FT1": ("Financial transaction", "费用"),
    "SCH": ("Scheduling activity", "预约"),
    "AIS": ("Appointment, service", "预约服务"),
    "AIL": ("Appointment, location", "预约地点"),
    "AIP": ("Appointment, personnel", "预约人员"),
    "RGS": ("Resource group", "资源组"),
    "TXA": ("Document notification", "文档通知"),
    "IPC": ("Imaging procedure control", "影像检查控制"),
    "MSA": ("Message acknowledgment", "消息应答"),
    "ERR": ("Error", "错误"),
    "QRD": ("Query definition", "查询定义"),
    "QPD": ("Query parameters", "查询参数"),
    "RCP": ("Response control", "响应控制"),
    "QAK": ("Query acknowledgment", "查询应答"),
    "MFI": ("Master file identification", "主文件标识"),
    "MFE": ("Master file entry", "主文件条目"),
    "STF": ("Staff", "人员"),
    "ROL": ("Role", "角色"),
    "CON": ("Consent", "知情同意"),
    "DSC": ("Continuation pointer", "续传指针"),
}

_FIELDS_ZH = {
    "MSH": "1 字段分隔符|2 编码字符|3 发送应用|4 发送机构|5 接收应用|6 接收机构|7 消息时间|8 安全|"
    "9 消息类型|10 消息控制 ID|11 处理 ID|12 版本|13 序号|14 续传指针|15 接收确认方式|"
    "16 应用确认方式|17 国家代码|18 字符集|19 消息语种|20 其他字符集处理|21 消息规范标识",
    "EVN": "1 事件代码|2 记录时间|3 计划时间|4 事件原因|5 操作员|6 发生时间|7 发生机构",
    "PID": "1 序号|2 患者外部标识|3 患者标识列表|4 患者备用标识|5 患者姓名|6 母亲姓氏|7 出生时间|"
    "8 性别|9 别名|10 种族|11 地址|12 县区代码|13 家庭电话|14 单位电话|15 语言|16 婚姻状况|"
    "17 宗教|18 患者账号|19 社会保障号|20 驾照号|21 母亲标识|22 民族|23 出生地|24 多胞胎标志|"
    "25 出生次序|26 国籍|27 服役状况|28 国籍（旧）|29 死亡时间|30 死亡标志|31 身份未知标志|"
    "32 身份可靠性|33 最后更新时间|34 最后更新机构",
    "PD1": "1 居住依赖|2 居住安排|3 主要医疗机构|4 主管医师|11 宣传代码|12 保护标志",
    "NK1": "1 序号|2 姓名|3 关系|4 地址|5 电话|6 单位电话|7 联系角色",
    "PV1": "1 序号|2 患者类别|3 患者位置|4 入院类型|5 预入院号|6 原位置|7 主治医师|8 转诊医师|"
    "9 会诊医师|10 医疗服务|11 临时位置|14 入院来源|15 行动能力|16 VIP 标志|17 收治医师|"
    "18 患者类型|"
    "19 就诊号|20 费别|36 出院处置|37 出院去向|39 服务机构|40 床位状态|44 入院时间|45 出院时间|"
    "50 备用就诊号|51 就诊标志",
    "PV2": "1 前次待定位置|3 入院原因|4 转科原因|8 预计入院时间|9 预计出院时间|12 就诊说明",
    "MRG": "1 原患者标识列表|2 原备用标识|3 原患者账号|4 原患者标识|5 原就诊号|7 原患者姓名",
    "AL1": "1 序号|2 过敏类型|3 过敏原|4 严重程度|5 过敏反应|6 确认日期",
    "DG1": "1 序号|2 诊断编码方法|3 诊断编码|4 诊断描述|5 诊断时间|6 诊断类型|15 诊断优先级|"
    "16 诊断医师",
    "PR1": "1 序号|2 手术编码方法|3 手术编码|4 手术描述|5 手术时间|8 麻醉医师|11 术者",
    "IN1": "1 序号|2 医保计划|3 医保机构标识|4 医保机构名称|36 保单号",
    "ORC": "1 医嘱控制|2 开立方医嘱号|3 执行方医嘱号|4 开立方组号|5 医嘱状态|6 响应标志|7 数量时间|"
    "8 父医嘱|9 操作时间|10 录入者|11 核对者|12 开立医师|13 录入位置|14 回呼电话|15 生效时间|"
    "16 控制原因|17 录入机构|18 录入设备|19 执行者|21 开立机构名称|29 医嘱类型",
    "OBR": "1 序号|2 开立方医嘱号|3 执行方医嘱号|4 项目|5 优先级|6 申请时间|7 观察开始时间|"
    "8 观察结束时间|9 采集量|10 采集者|11 标本处理|12 危险代码|13 临床信息|14 标本接收时间|"
    "15 标本来源|16 开立医师|17 回呼电话|18 开立方字段 1|19 开立方字段 2|20 执行方字段 1|"
    "21 执行方字段 2|22 报告时间|23 费用|24 诊断科室|25 结果状态|26 父结果|27 数量时间|28 抄送|"
    "29 父医嘱|30 运送方式|31 检查原因|32 主要解释者|33 辅助解释者|34 技师|36 计划时间|44 操作编码",
    "OBX": "1 序号|2 值类型|3 观察标识|4 观察子标识|5 观察值|6 单位|7 参考范围|8 异常标志|9 概率|"
    "10 异常检验性质|11 结果状态|12 参考范围生效时间|13 用户访问控制|14 观察时间|15 生产者|"
    "16 负责人|"
    "17 观察方法|18 设备|19 分析时间",
    "NTE": "1 序号|2 来源|3 内容|4 类型",
    "SPM": "1 序号|2 标本标识|4 标本类型|7 采集方法|8 来源部位|11 标本角色|12 采集量|14 标本描述|"
    "17 采集时间|18 接收时间|21 拒收原因|24 标本状态",
    "TQ1": "1 序号|2 数量|3 重复方式|4 明确时间|7 开始时间|8 结束时间|9 优先级",
    "RXO": "1 药品|2 最小剂量|3 最大剂量|4 剂量单位|5 剂型|11 发药量|12 发药单位",
    "RXE": "1 数量时间|2 药品|3 最小剂量|4 最大剂量|5 剂量单位|6 剂型|10 发药量|11 发药单位|"
    "15 处方号",
    "RXR": "1 给药途径|2 给药部位|3 给药装置|4 给药方法",
    "FT1": "1 序号|2 费用标识|4 发生时间|6 费用类型|7 费用代码|8 费用描述|10 数量|11 金额|12 单价|"
    "13 科室",
    "SCH": "1 开立方预约号|2 执行方预约号|6 事件原因|7 预约原因|8 预约类型|11 预约时间|16 联系人|"
    "25 预约状态",
    "TXA": "1 序号|2 文档类型|3 文档格式|4 活动时间|12 文档唯一编号|17 完成状态|19 可用状态",
    "MSA": "1 应答代码|2 消息控制 ID|3 文本|4 期望序号|6 错误条件",
    "ERR": "1 错误代码与位置|2 错误位置|3 HL7 错误代码|4 严重程度|5 应用错误代码|7 诊断信息|"
    "8 用户信息",
}


def segment_names(segment: str) -> tuple[str, str]:
    """Return the English and Chinese name of a segment; empty when unknown."""
    if segment[:1] == "Z":
        return "Vendor segment", "厂商自定义段"
    return SEGMENTS.get(segment, ("", ""))


@lru_cache(maxsize=64)
def fields_zh(segment: str) -> dict[int, str]:
    """Return the Chinese names of a segment's fields by number; those that have one."""
    pairs = (pair.partition(" ") for pair in _FIELDS_ZH.get(segment, "").split("|") if pair)
    return {int(number): name for number, _, name in pairs}
