"""The rules that are no invariants of FHIR's own, with their words.

Values of elements are not told (they may say who the patient is); codes, types and URLs are.
"""

from __future__ import annotations

from lianyi.formats.fhir.validation.issues import Rule

RULES: dict[str, Rule] = {
    # -- shape
    "not-a-resource": Rule(
        "error",
        "structure",
        "a resource must be an object with a 'resourceType' of FHIR R4; '{found}' is none",
        "资源应为对象，且其 resourceType 为 FHIR R4 的资源类型；“{found}”不是",
    ),
    "unknown-element": Rule(
        "error",
        "structure",
        "FHIR R4 knows no element '{name}' in {type}",
        "FHIR R4 的 {type} 没有元素“{name}”",
    ),
    "missing": Rule(
        "error",
        "required",
        "the element '{name}' is missing ({type} needs at least {min})",
        "缺少元素“{name}”（{type} 至少需要 {min} 个）",
    ),
    "too-many": Rule(
        "error",
        "structure",
        "'{name}' stands there {found} times, more than the {max} that are allowed",
        "“{name}”出现 {found} 次，超过允许的 {max} 次",
    ),
    "choice-twice": Rule(
        "error",
        "structure",
        "'{name}' may have one type, it has several",
        "“{name}”只能取一种类型，此处有多种",
    ),
    "not-an-object": Rule(
        "error", "structure", "an object ({type}) should stand here", "此处应为对象（{type}）"
    ),
    "not-an-array": Rule("error", "structure", "an array should stand here", "此处应为数组"),
    "not-one-value": Rule(
        "error", "structure", "one value should stand here, not an array", "此处应为单个值而非数组"
    ),
    "empty": Rule(
        "error", "structure", "nothing stands in it; leave it out", "内容为空；应省略此元素"
    ),
    "not-aligned": Rule(
        "error",
        "structure",
        "'{name}' and '_{name}' must be arrays of one length",
        "“{name}”与“_{name}”应为长度相同的数组",
    ),
    "too-deep": Rule("error", "too-costly", "elements are nested too deep", "元素嵌套过深"),
    # -- primitives
    "not-of-type": Rule(
        "error",
        "value",
        "the value is no JSON {json} as {type} needs it",
        "该值不是 {type} 所需的 JSON {json}",
    ),
    "bad-format": Rule(
        "error", "value", "the text has not the form of {type}", "文本不符合 {type} 的格式"
    ),
    "bad-date": Rule("error", "value", "there is no such day or time", "日期或时间不存在"),
    "out-of-range": Rule(
        "error", "value", "the number is outside of what {type} can be", "数值超出 {type} 的范围"
    ),
    "too-long": Rule(
        "error", "too-long", "the text is longer than {max} characters", "文本超过 {max} 个字符"
    ),
    "markup": Rule(
        "warning",
        "security",
        "the text holds what looks like HTML; whoever shows it must not run it",
        "文本中含有类似 HTML 的标记，显示时不得执行",
    ),
    "markup-refused": Rule(
        "error",
        "security",
        "the text holds what looks like HTML, which is not allowed here",
        "文本中含有类似 HTML 的标记，此处不允许",
    ),
    "size-differs": Rule(
        "error",
        "value",
        "the attachment says it has {said} bytes, it has {found}",
        "附件声明大小为 {said} 字节，实际为 {found} 字节",
    ),
    # -- codes
    "code-not-in-set": Rule(
        "error",
        "code-invalid",
        "the code '{code}' is not in the value set {set}, from which one must come",
        "代码“{code}”不在必须使用的值集 {set} 中",
    ),
    "no-code-from-set": Rule(
        "error",
        "code-invalid",
        "no code is given, and one from the value set {set} must be",
        "未给出代码，而此处必须给出值集 {set} 中的代码",
    ),
    "code-not-in-extensible-set": Rule(
        "warning",
        "code-invalid",
        "the code '{code}' is not in the value set {set}, from which one should come if one fits",
        "代码“{code}”不在值集 {set} 中；若其中有合适的代码应使用",
    ),
    "code-unknown": Rule(
        "error",
        "code-invalid",
        "the code system {system} has no code '{code}'",
        "代码系统 {system} 中没有代码“{code}”",
    ),
    "display-differs": Rule(
        "warning",
        "code-invalid",
        "the display of '{code}' in {system} is '{display}', another stands here",
        "{system} 中“{code}”的显示名为“{display}”，此处不同",
    ),
    "system-not-absolute": Rule(
        "error",
        "value",
        "the system must be an absolute URI (it was '{found}')",
        "system 应为绝对 URI（此处为“{found}”）",
    ),
    # -- references
    "bad-reference": Rule(
        "error",
        "value",
        "'{found}' is neither Type/id nor an absolute URL, a URN or '#id'",
        "“{found}”不是 类型/标识、绝对 URL、URN 或“#标识”",
    ),
    "odd-reference": Rule(
        "warning",
        "value",
        "'{found}' does not look like Type/id; it should be looked at",
        "“{found}”不像 类型/标识 的形式，请核对",
    ),
    "wrong-target": Rule(
        "error",
        "structure",
        "the reference leads to {found}; it may lead to {targets}",
        "该引用指向 {found}；此处可引用 {targets}",
    ),
    "type-differs": Rule(
        "error",
        "structure",
        "the reference says its type is {said}, it leads to {found}",
        "引用声明类型为 {said}，实际指向 {found}",
    ),
    "not-contained": Rule(
        "error",
        "not-found",
        "nothing with the id '{found}' is contained in this resource",
        "本资源未包含标识为“{found}”的资源",
    ),
    "not-in-bundle": Rule(
        "error",
        "not-found",
        "'{found}' is not in the Bundle, where it must be found",
        "Bundle 中找不到“{found}”，而它必须在其中",
    ),
    # -- contained, narrative, extensions
    "contained-in-contained": Rule(
        "error",
        "invariant",
        "a contained resource must not contain others (dom-2)",
        "被包含的资源不得再包含资源（dom-2）",
    ),
    "contained-without-id": Rule(
        "error", "invariant", "a contained resource needs an id", "被包含的资源必须有 id"
    ),
    "contained-unused": Rule(
        "error",
        "invariant",
        "the contained resource '{id}' is referred to from nowhere (dom-3)",
        "被包含的资源“{id}”没有被引用（dom-3）",
    ),
    "contained-meta": Rule(
        "error",
        "invariant",
        "a contained resource must not have meta.{name} (dom-4, dom-5)",
        "被包含的资源不得有 meta.{name}（dom-4、dom-5）",
    ),
    "id-twice": Rule(
        "error", "invariant", "the id '{id}' stands there twice", "标识“{id}”重复出现"
    ),
    "id-extended": Rule(
        "error", "business-rule", "the id of a resource has no extensions", "资源的 id 不得带扩展"
    ),
    "extension-part-unknown": Rule(
        "error",
        "structure",
        "the extension {url} has no part '{part}'",
        "扩展 {url} 没有组成部分“{part}”",
    ),
    "bad-narrative": Rule(
        "error",
        "invalid",
        "the narrative is no well-formed XHTML <div>",
        "叙述不是格式良好的 XHTML <div>",
    ),
    "unsafe-narrative": Rule(
        "error",
        "invalid",
        "the narrative holds '{name}', which is not allowed there (txt-1)",
        "叙述中含有不允许的“{name}”（txt-1）",
    ),
    "empty-narrative": Rule(
        "error", "invalid", "the narrative says nothing (txt-2)", "叙述没有内容（txt-2）"
    ),
    "dead-link": Rule(
        "error",
        "invalid",
        "the link '{found}' in the narrative leads nowhere",
        "叙述中的链接“{found}”没有指向任何内容",
    ),
    "extension-both": Rule(
        "error",
        "invariant",
        "an extension has either a value or extensions, not both and not neither (ext-1)",
        "扩展应有值或下级扩展之一，不可兼有或全无（ext-1）",
    ),
    "extension-not-absolute": Rule(
        "error",
        "value",
        "the url of an extension must be absolute (it was '{url}')",
        "扩展的 url 应为绝对地址（此处为“{url}”）",
    ),
    "extension-unknown": Rule(
        "warning",
        "not-found",
        "the extension {url} is not known here, so it was not checked",
        "此处没有扩展 {url} 的定义，未核对",
    ),
    "extension-not-known": Rule(
        "error",
        "structure",
        "there is no extension {url}, so it may not stand here",
        "没有扩展 {url}，此处不得使用",
    ),
    "extension-misplaced": Rule(
        "error",
        "structure",
        "the extension {url} may not stand here; it may stand on {allowed}",
        "扩展 {url} 不能用于此处；可用于 {allowed}",
    ),
    "extension-kind": Rule(
        "error",
        "structure",
        "the extension {url} must stand under '{key}'",
        "扩展 {url} 应置于“{key}”之下",
    ),
    # -- profiles
    "profile-unknown": Rule(
        "warning",
        "not-found",
        "the profile {profile} is not known here, so it was not checked",
        "此处没有规范 {profile}，未核对",
    ),
    "profile-type": Rule(
        "error",
        "structure",
        "the profile {profile} is of {type}, this is {found}",
        "规范 {profile} 适用于 {type}，此处为 {found}",
    ),
    "profile-missing": Rule(
        "error",
        "required",
        "'{name}' stands there {found} times; {profile} needs at least {min}",
        "“{name}”出现 {found} 次；{profile} 要求至少 {min} 次",
    ),
    "profile-too-many": Rule(
        "error",
        "structure",
        "'{name}' stands there {found} times; {profile} allows {max}",
        "“{name}”出现 {found} 次；{profile} 最多允许 {max} 次",
    ),
    "profile-value": Rule(
        "error",
        "value",
        "the value is not the one that {profile} prescribes for '{name}'",
        "该值不是 {profile} 对“{name}”规定的值",
    ),
    "profile-limit": Rule(
        "error",
        "value",
        "the value is beyond what {profile} allows for '{name}'",
        "该值超出 {profile} 对“{name}”允许的范围",
    ),
    "profile-kind": Rule(
        "error",
        "structure",
        "the type {found} is not allowed for '{name}' by {profile}; {types} is",
        "{profile} 不允许“{name}”为 {found} 类型；允许 {types}",
    ),
    "profile-none": Rule(
        "error",
        "structure",
        "it fits none of the profiles that are allowed here: {profiles}",
        "不符合此处允许的任何规范：{profiles}",
    ),
    "profile-way": Rule(
        "error",
        "structure",
        "what the reference leads to is {found}; {profile} allows it to be {ways}",
        "引用的目标为 {found}；{profile} 只允许 {ways}",
    ),
    "slice-order": Rule(
        "error",
        "structure",
        "it stands after what should follow it among the slices of '{name}' in {profile}",
        "在 {profile} 对“{name}”的切片中，位置靠后，不符合规定顺序",
    ),
    "slice-closed": Rule(
        "error",
        "structure",
        "it fits none of the slices of '{name}', and {profile} allows no others",
        "不符合“{name}”的任何切片，而 {profile} 不允许其他内容",
    ),
    "path-unknown": Rule(
        "error",
        "structure",
        "{type} has no element at the path '{path}'",
        "{type} 没有路径为“{path}”的元素",
    ),
    "profile-of-other-type": Rule(
        "error",
        "structure",
        "'{profile}' is a type of its own and no profile of {type}",
        "“{profile}”是独立的类型，不是 {type} 的规范",
    ),
    # -- answers to questionnaires
    "answer-unasked": Rule(
        "error",
        "structure",
        "the Questionnaire has no item '{link}' here",
        "问卷此处没有题目“{link}”",
    ),
    "answer-order": Rule(
        "error",
        "structure",
        "the item '{link}' stands after one that follows it in the Questionnaire",
        "题目“{link}”的顺序与问卷不符",
    ),
    "answer-repeated": Rule(
        "error",
        "structure",
        "the item '{link}' is to be answered once",
        "题目“{link}”只能回答一次",
    ),
    "answer-missing": Rule(
        "error",
        "required",
        "the item '{link}' has no answer, and must have one",
        "题目“{link}”必须回答，而此处没有答案",
    ),
    "answer-misplaced": Rule(
        "error",
        "structure",
        "the item '{link}' holds what only another kind of item ({kind}) may hold, or may not",
        "题目“{link}”的内容与其类型（{kind}）不符",
    ),
    "answer-kind": Rule(
        "error",
        "value",
        "the answer to '{link}' is a {found}; a {kind} is asked for",
        "题目“{link}”的答案为 {found}，而应为 {kind}",
    ),
    "answer-no-option": Rule(
        "error",
        "code-invalid",
        "the answer to '{link}' is none of its options",
        "题目“{link}”的答案不在可选项中",
    ),
    # -- bundles
    "full-url-relative": Rule(
        "error",
        "value",
        "fullUrl must be an absolute URL or URN (it was '{found}')",
        "fullUrl 应为绝对 URL 或 URN（此处为“{found}”）",
    ),
    "full-url-differs": Rule(
        "error",
        "value",
        "the fullUrl '{found}' must end with {wanted}",
        "fullUrl“{found}”应以 {wanted} 结尾",
    ),
    "full-url-versioned": Rule(
        "error", "value", "fullUrl must not name a version", "fullUrl 不得指明版本"
    ),
    "full-url-missing": Rule(
        "error",
        "required",
        "an entry of a {type} Bundle needs a fullUrl",
        "{type} 类型的 Bundle 的条目必须有 fullUrl",
    ),
    "link-misplaced": Rule(
        "error",
        "invalid",
        "the link '{found}' belongs to search results only",
        "链接关系“{found}”仅用于检索结果",
    ),
    "link-twice": Rule(
        "error",
        "invalid",
        "the link '{found}' may stand there once only",
        "链接关系“{found}”只能出现一次",
    ),
    "not-an-outcome": Rule(
        "error",
        "invalid",
        "an entry that is an outcome must be an OperationOutcome, not {found}",
        "作为结果说明的条目应为 OperationOutcome，而不是 {found}",
    ),
    "result-without-id": Rule(
        "error", "invalid", "a search result needs an id", "检索结果必须有 id"
    ),
    "not-searched-for": Rule(
        "error",
        "invalid",
        "{found} is no match of a search for {wanted}",
        "{found} 不是对 {wanted} 的检索的匹配结果",
    ),
    "several-in-bundle": Rule(
        "error",
        "multiple-matches",
        "'{found}' leads to several entries of the Bundle",
        "“{found}”对应 Bundle 中的多个条目",
    ),
    "not-reachable": Rule(
        "error",
        "informational",
        "the entry {found} is not reached from the first entry by references",
        "从第一个条目出发，通过引用无法到达条目 {found}",
    ),
    "invariant-unread": Rule(
        "information",
        "not-supported",
        "the invariant {key} could not be evaluated here",
        "此处无法计算约束 {key}",
    ),
}
