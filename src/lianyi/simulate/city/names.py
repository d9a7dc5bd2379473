"""Names of the simulated city, as frequent as in China, and what clerks make of them.

Surnames: share in a thousand of the population, rounded, from what the Ministry of Public
Security publishes each year; the tail is invented. Characters of given names: an order of
popularity by sex and by time of birth, written for this project.
"""

from __future__ import annotations

from typing import Final

_PERMILLE = """
王 71|李 71|张 66|刘 51|陈 46|杨 32|黄 24|赵 23|吴 20|周 19|徐 15|孙 14|马 13|朱 12|胡 12|郭 11
何 11|林 11|高 10|罗 10|郑 9|梁 9|谢 7|宋 7|唐 7|许 6|韩 6|邓 6|冯 6|曹 6|彭 5|曾 5|肖 5|田 5
董 5|潘 4|袁 4|蔡 4|蒋 4|余 4|于 4|杜 4|叶 4|程 4|魏 4|苏 4|吕 4|丁 4|任 4|卢 4|姚 3|沈 3|钟 3
姜 3|崔 3|谭 3|陆 3|范 3|汪 3|廖 3|石 3|金 3|韦 3|贾 3|夏 3|付 3|方 3|邹 3|熊 2|白 2|孟 2|秦 2
邱 2|侯 2|江 2|尹 2|薛 2|闫 2|段 2|雷 2|龙 2|黎 2|史 2|陶 2|贺 2|毛 2|郝 2|顾 2|龚 2|邵 2|万 2
覃 2|武 2|钱 2|戴 2|严 2|莫 2|孔 2|向 2|常 2|汤 2|康 2|易 2|乔 2|赖 2|文 2|温 1|翟 1|单 1|查 1
仇 1|解 1|区 1|缪 1|萧 1|傅 1|代 1|丘 1|阎 1|柳 1|欧 1|施 1|洪 1|樊 1|兰 1|安 1|颜 1|殷 1|齐 1
梅 1|庄 1|章 1|童 1|关 1|牛 1|盛 1|宁 1|柏 1|华 1|牟 1|欧阳 1|上官 1|司马 1|诸葛 1|皇甫 1|尉迟 1
慕容 1|令狐 1|夏侯 1|长孙 1|谌 1|隗 1|冼 1|郗 1|逄 1|亓 1|仉 1|佴 1|乜 1|种 1
"""
_MEN_OLD = "建国明华军平志强文林德永福荣生清金海春成贵学云玉忠兴光民庆祥宝根友良水东昌"
_MEN = "伟强磊军勇杰涛超明刚波辉鹏飞斌浩凯健俊宇亮峰龙宁东海洋旭阳帆博志建文国永新"
_MEN_YOUNG = "子浩宇轩泽睿梓俊晨博文一铭奕嘉翰霖逸昊然煜航皓辰瑞天佑承恩乐安景行思远"
_WOMEN_OLD = "秀英桂兰玉珍凤梅芳莲淑华翠素香春红霞菊云美月琴金花爱巧银彩桃贞娥珠"
_WOMEN = "丽娟敏静艳芳娜燕霞玲红梅婷洁雪颖莉萍倩慧琳琴丹蕾晶莹佳欣晓海文小春玉"
_WOMEN_YOUNG = "子梓涵欣怡诗雨萱语桐可馨雅思妍悦心若汐紫瑶梦琪嘉艺依诺佳一艺沐晨曦婉"
_RARE = "䶮㛃𬭎𬱖𫖯𠅤𪩘㙦㼆𫘧𠮷𬀩𬍛𬘭堃喆昇珺赟翀玥"

_MINORITY = """
阿依古丽 迪丽努尔 艾力 买买提 吐尔逊 阿不都热合曼 古丽娜尔 帕提古丽 热依汗 麦麦提 艾尼瓦尔
巴特尔 其其格 乌兰 孟和 扎西 多吉 卓玛 央金 次仁 达瓦 尼玛 沙马 尔古 吉克 阿西 木呷 热娜
米娜瓦尔 依布拉音
"""
_FOREIGN_GIVEN = """
John Mary David Anna Michael Sarah Daniel Laura Ahmed Fatima Carlos Maria Ivan Olga Kenji Yuki
Minjun Jiwoo Pierre Claire Thomas Emma Ali Aisha Rajesh Priya
"""
_FOREIGN_GIVEN_ALIKE = """
Anna/Anne Maria/Marina Daniel/Daniela Kristin/Kristen Marlene/Marlena Olga/Olena Jon/John Mark/Marc
Emma/Emily Ivan/Ivo Christopher/Christoph Michaela/Michelle Katarina/Katerina Jan/Jana Alina/Elina
"""
_FOREIGN_FAMILY = """
Smith Brown Miller Garcia Martin Ivanov Petrova Tanaka Sato Kim Park Dubois Rossi Khan Hassan
Silva Singh Kumar Nguyen Tran Mueller Novak
"""

_SOUND_GROUPS = """
伟玮炜苇 强蔷 军俊君钧均骏 勇永咏 明鸣铭名 静婧靖净 丽莉俐利立力 芳方舫 敏闽 秀绣 英瑛樱莹
红虹鸿宏洪弘泓 华桦骅 梅玫 玲琳龄铃凌 霞遐 燕艳彦雁 平萍苹 建健剑鉴 国果 志智治 文雯闻 海亥 涛韬
辉晖挥 飞非菲妃 斌彬宾滨 浩皓昊 宇雨羽禹语 轩宣萱 子梓紫 涵含函 欣新心馨鑫昕 怡宜仪依 诗师
佳家嘉 琪琦祺棋淇 思斯丝 晨辰陈臣 泽则 睿瑞锐 博勃 凯恺楷 杰洁婕捷 超朝 波博 阳洋杨扬 旭绪 东冬
春椿 成诚城程 云芸耘 玉钰裕煜郁 金锦今 福富 荣容蓉 桂贵 兰岚 珍真贞 凤奉 翠粹 素愫 美镁 月悦越
琴勤 爱艾 张章 王汪 李黎 刘留 徐许 余于俞 付傅 代戴 肖萧 邱丘 阎闫 程成 江姜 范樊 石时 何和 周邹
颖影
"""
_SHAPE_GROUPS = """
末未 玉王 大太 天夭 土士 冼洗 侯候 刀力 今令 午牛 木术 白自 田由甲 治冶 宏宠 宣宜 晴睛 娜挪 婷停
晓烧 明朋 昊吴 昌冒 刚钢 凯岂 俊峻 宁宇 季李 峰锋 帆帜 弘弛 彬杉 恒桓 慧彗 文又 昕听 杰木 林淋
欣掀 江汪 泽择 浩活 海悔 涛寿 珊姗 瑶摇 睿容 红江 莹萤 菲非 萍苹 蕾雷 钰珏 铭名 静净 颖颍 馨磬
鹏朋 梓辛 涵函 诗待 雨两 轩杆 宸晨 博搏 晨震 杨扬 阵陈 马冯 朱未 郭享 余佘
"""
_TRADITIONAL = """
张張 刘劉 陈陳 杨楊 黄黃 赵趙 吴吳 孙孫 马馬 罗羅 郑鄭 谢謝 许許 韩韓 邓鄧 冯馮 叶葉 苏蘇 吕呂
卢盧 钟鍾 姜姜 谭譚 陆陸 贾賈 邹鄒 闫閆 龙龍 贺賀 顾顧 龚龔 万萬 钱錢 严嚴 汤湯 国國 华華 军軍
强強 伟偉 丽麗 红紅 兰蘭 凤鳳 云雲 莲蓮 静靜 艳豔 颖穎 莹瑩 杰傑 涛濤 刚剛 飞飛 辉輝 鹏鵬 海海
东東 庆慶 贵貴 学學 兴興 宝寶
"""
_PINYIN = """
王 wang|李 li|张 zhang|刘 liu|陈 chen|杨 yang|黄 huang|赵 zhao|吴 wu|周 zhou|徐 xu|孙 sun|马 ma
朱 zhu|胡 hu|郭 guo|何 he|林 lin|高 gao|罗 luo|曾 zeng|单 shan|查 zha|仇 qiu|解 xie|区 ou
翟 zhai|欧阳 ouyang|上官 shangguan|吕 lv|伟 wei|强 qiang|磊 lei|军 jun|勇 yong|杰 jie|涛 tao
超 chao|明 ming|刚 gang|波 bo|辉 hui|鹏 peng|飞 fei|斌 bin|浩 hao|凯 kai|健 jian|俊 jun|宇 yu
亮 liang|峰 feng|龙 long|宁 ning|东 dong|海 hai|洋 yang|旭 xu|阳 yang|帆 fan|博 bo|志 zhi|丽 li
娟 juan|敏 min|静 jing|艳 yan|芳 fang|娜 na|燕 yan|霞 xia|玲 ling|红 hong|梅 mei|婷 ting|洁 jie
雪 xue|颖 ying|莉 li|萍 ping|倩 qian|慧 hui|琳 lin|琴 qin|丹 dan|子 zi|涵 han|欣 xin|怡 yi
诗 shi|雨 yu|萱 xuan|轩 xuan|泽 ze|睿 rui|建 jian|国 guo|华 hua|平 ping|文 wen|永 yong|春 chun
成 cheng|秀 xiu|英 ying|桂 gui|兰 lan|玉 yu|珍 zhen|凤 feng|淑 shu
"""


def _spread(weighted: list[tuple[str, int]]) -> tuple[str, ...]:
    """One entry for each unit of weight: a weighted draw is then one look-up."""
    return tuple(word for word, weight in weighted for _ in range(weight))


def _popular(characters: str) -> tuple[str, ...]:
    """The first characters of a list are drawn six times as often as the last."""
    last = len(characters)
    return _spread([(c, 6 - 5 * place // last) for place, c in enumerate(characters)])


def _rows(text: str) -> list[list[str]]:
    return [row.split() for row in text.replace("\n", "|").split("|") if row.strip()]


def _groups(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for group in text.split():
        for c in group:
            found.setdefault(c, group.replace(c, ""))
    return {c: others for c, others in found.items() if others}


SURNAMES: Final = _spread([(surname, int(weight)) for surname, weight in _rows(_PERMILLE)])
GIVEN: Final = {
    ("M", "old"): _popular(_MEN_OLD),
    ("M", "middle"): _popular(_MEN),
    ("M", "young"): _popular(_MEN_YOUNG),
    ("F", "old"): _popular(_WOMEN_OLD),
    ("F", "middle"): _popular(_WOMEN),
    ("F", "young"): _popular(_WOMEN_YOUNG),
}
"""By sex and by time of birth (before 1965, before 2000, since)."""
MINORITY: Final = tuple(_MINORITY.split())
FOREIGN_GIVEN: Final = tuple(_FOREIGN_GIVEN.split())
FOREIGN_GIVEN_ALIKE: Final = tuple(_FOREIGN_GIVEN_ALIKE.split())
"""What foreign sisters, brothers and twins may be called."""
FOREIGN_FAMILY: Final = tuple(_FOREIGN_FAMILY.split())
RARE: Final = tuple(_RARE)
ALIKE_IN_SOUND: Final = _groups(_SOUND_GROUPS)
ALIKE_IN_SHAPE: Final = _groups(_SHAPE_GROUPS)
PINYIN: Final = {row[0]: row[1] for row in _rows(_PINYIN)}
TRADITIONAL: Final = {pair[0]: pair[1] for pair in _TRADITIONAL.split()}
PLACEHOLDER_NAMES: Final = (
    *("无名氏",) * 3,
    *(
        "无名",
        "未知",
        "不详",
        "三无人员",
        "无名男",
        "无名女",
        "路人甲",
        "急诊患者",
        "无名氏1",
        "待查",
    ),
)
TEST_NAMES: Final = ("测试", "测试病人", "测试一", "test", "TEST", "测试患者", "信息科测试")
