"""What can be wrong with a FHIRPath expression, or with what it is applied to.

The place (``where``) is always the character of the expression, counted from one.
"""

from __future__ import annotations

from lianyi.base.errors import Category, Fact, LianyiError, Told

_CANNOT_READ = "cannot read FHIRPath expression"
_CANNOT_READ_ZH = "无法读取 FHIRPath 表达式"
_CANNOT_EVALUATE = "cannot evaluate FHIRPath expression"
_CANNOT_EVALUATE_ZH = "无法求值 FHIRPath 表达式"
_NEXT = "correct the expression; docs/reference/fhirpath.md says what it may hold"
_NEXT_ZH = "更正表达式；docs/reference/fhirpath.md 列出了可用的写法"


class FhirPathError(LianyiError):
    """Base of everything that an expression can fail with."""

    code = "LY-2220"
    category = Category.INVALID
    en = Told("cannot use FHIRPath expression", "it is not usable", _NEXT)
    zh = Told("无法使用 FHIRPath 表达式", "表达式不可用", _NEXT_ZH)

    def __init__(self, at: int, **facts: Fact) -> None:
        super().__init__(where=f"character {at + 1}", **facts)


class BrokenSyntax(FhirPathError):
    """The text is no FHIRPath."""

    code = "LY-2221"
    en = Told(_CANNOT_READ, "'{found}' cannot stand here", _NEXT)
    zh = Told(_CANNOT_READ_ZH, "“{found}”不能出现在此处", _NEXT_ZH)


class OversizedExpression(FhirPathError):
    """The text is longer, or nested deeper, than anybody writes by hand."""

    code = "LY-2222"
    en = Told(
        _CANNOT_READ,
        "it has more than {characters} characters, or is nested deeper than {depth}",
        "divide the expression into several",
    )
    zh = Told(
        _CANNOT_READ_ZH, "超过 {characters} 个字符，或嵌套超过 {depth} 层", "将表达式拆成几个"
    )


class UnknownName(FhirPathError):
    """A function, type or variable that nobody defined."""

    code = "LY-2223"
    en = Told("cannot use FHIRPath expression", "there is no {kind} called '{name}'", _NEXT)
    zh = Told("无法使用 FHIRPath 表达式", "没有名为“{name}”的 {kind}", _NEXT_ZH)


class WrongArguments(FhirPathError):
    """A function got more or fewer arguments than it takes."""

    code = "LY-2224"
    en = Told("cannot use FHIRPath expression", "{function}() takes {expected} arguments", _NEXT)
    zh = Told("无法使用 FHIRPath 表达式", "{function}() 需要 {expected} 个参数", _NEXT_ZH)


class ManyValues(FhirPathError):
    """Several values where one is needed."""

    code = "LY-2225"
    en = Told(
        _CANNOT_EVALUATE,
        "{operation} needs one value; {found} are there",
        "choose one with first(), single() or where()",
    )
    zh = Told(
        _CANNOT_EVALUATE_ZH,
        "{operation} 需要一个值，此处有 {found} 个",
        "用 first()、single() 或 where() 选取一个",
    )


class UnfitValue(FhirPathError):
    """A value of a kind for which an operation has no meaning."""

    code = "LY-2226"
    en = Told(_CANNOT_EVALUATE, "{operation} has no meaning for {found}", _NEXT)
    zh = Told(_CANNOT_EVALUATE_ZH, "{operation} 对 {found} 没有意义", _NEXT_ZH)


class CostlyExpression(FhirPathError):
    """It would take more steps, or make more text, than one evaluation may."""

    code = "LY-2227"
    en = Told(
        _CANNOT_EVALUATE,
        "it needs more than {limit} steps or characters",
        "narrow the paths before combining or repeating them",
    )
    zh = Told(_CANNOT_EVALUATE_ZH, "所需步数或字符数超过 {limit}", "在组合或重复之前先缩小路径范围")


class UnusablePattern(FhirPathError):
    """A regular expression that is broken, or of a kind that is not understood."""

    code = "LY-2228"
    en = Told(
        _CANNOT_EVALUATE,
        "the regular expression is malformed, too large or not understood at its character {place}",
        "write it without back references, look-around and \\p",
    )
    zh = Told(
        _CANNOT_EVALUATE_ZH,
        "正则表达式在第 {place} 个字符处有误、过大或不受支持",
        "改写正则表达式，不使用反向引用、环视与 \\p",
    )


class NobodyAnswers(FhirPathError):
    """The expression asks for something outside the resource, and nobody was given to ask."""

    code = "LY-2229"
    category = Category.UNSUPPORTED
    en = Told(
        _CANNOT_EVALUATE,
        "{function} '{asked}' cannot be answered here",
        "use it where the platform knows the answer, or leave it out",
    )
    zh = Told(
        _CANNOT_EVALUATE_ZH,
        "此处无法回答 {function}“{asked}”",
        "在平台能够回答之处使用，或将其省去",
    )


class NoSuchElement(FhirPathError):
    """A path goes to an element that the type at hand does not have."""

    code = "LY-2230"
    en = Told("FHIRPath expression makes no sense", "{type} has no element '{name}'", _NEXT)
    zh = Told("FHIRPath 表达式没有意义", "{type} 没有元素“{name}”", _NEXT_ZH)


class ImpossibleType(FhirPathError):
    """A type is asked for that the value can never have."""

    code = "LY-2231"
    en = Told("FHIRPath expression makes no sense", "{type} is never {name}", _NEXT)
    zh = Told("FHIRPath 表达式没有意义", "{type} 不可能是 {name}", _NEXT_ZH)


class UnorderedInput(FhirPathError):
    """The first or last is asked for of what has no order."""

    code = "LY-2232"
    en = Told(
        "FHIRPath expression makes no sense",
        "{operation} relies on an order that children and descendants do not have",
        _NEXT,
    )
    zh = Told("FHIRPath 表达式没有意义", "{operation} 依赖于子元素所没有的次序", _NEXT_ZH)


class VariableTaken(FhirPathError):
    """A variable is defined whose name already has a meaning."""

    code = "LY-2233"
    en = Told(_CANNOT_EVALUATE, "%{name} already has a meaning", "choose another name")
    zh = Told(_CANNOT_EVALUATE_ZH, "%{name} 已有含义", "换一个名称")
