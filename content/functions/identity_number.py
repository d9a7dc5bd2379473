"""把 PID-3 里的 15 位旧身份证号升为 18 位；小写的 x 改为大写，其余原样保留。

GB 11643-1999：在第 6 位后补“19”，末位按 ISO 7064 MOD 11-2 计算。
"""

WEIGHTS = [2 ** (17 - place) % 11 for place in range(17)]


def run(message, settings):
    """settings: type = PID-3.5 中身份证号的标识类型（默认 NI）。"""
    wanted = settings.get("type", "NI")
    repetition = 1
    while number := message.get(f"PID-3({repetition}).1"):
        if message.get(f"PID-3({repetition}).5") == wanted:
            upgraded = upgrade(number)
            if upgraded != number:
                message.set(f"PID-3({repetition}).1", upgraded)
        repetition += 1


def upgrade(number):
    if len(number) == 15 and number.isascii() and number.isdigit():
        first = number[:6] + "19" + number[6:]
        total = sum(int(digit) * weight for digit, weight in zip(first, WEIGHTS, strict=True))
        return first + "10X98765432"[total % 11]
    return number.upper() if len(number) == 18 else number
