"""Characters that a clerk, a scanner or a five-stroke keyboard takes for each other.

Written for this project from common confusions in names; each group is one shape. Characters that
also sound alike (侯候) need not stand here: sound is compared before shape.
"""

from __future__ import annotations

from itertools import permutations
from typing import Final

_GROUPS = """
末未 己已巳 玉王主 大太犬 天夭 土士 干千于 日曰 冼洗 人入八 刀力刁 又叉 勺匀 今令 午牛 木术本
无元 贝见 手毛 月用 风凤 乌鸟 心必 白自 田由甲申 央决 史吏 汉汊 冶治 杨扬场 阳阴 幸辛 泪汩 宣宜
宏宠 若苦 栗粟 徽微 恩思 泉帛 洋详 洪供 洁结 浩活 海梅侮 珊姗 珍诊 玲铃 娜挪 娟捐 婷停 晴睛 晶品
晨辰震 晓烧 暄喧 明朋 昊吴 昌冒 星皇 春舂 萍苹 薇微 蕾雷 雪雷 霞露 雨两 云去 电甩 霄宵 清请 建健
延廷 进近 远运 凯岂 刚钢 则侧 勤勒 励厉 博搏 古占 吉告 同问 向问 哲折 喜善 嘉喜 城诚 培陪 增赠
壮状 奇寄 妍研 妹姝 娅哑 子孑 孝考老 季李 宁宇 宇字 容客 富福 寒塞 小少 尔你 峰锋 崇祟 帅师 帆帜
幼幻 广厂 廉谦 弘弛 强弹 彤形 彦产 志忘 忠患 怡恰 恒桓 恺凯 愉榆 成戌戊戍 戈弋 房户 拓托 振震
捷婕 敏教 方万 旋族 昱昰 晟成 晋普 晗哈 景影 智知 曼蔓 杉衫 栋冻 桐铜 棋琪淇 槐愧 欢次 正止 武式
民氏 永水 江汪 河何 波玻 泽择 浦捕 淑叔 淳惇 渊源 渝愉 滨宾 漫慢 炎焱 焕换 熙照 珏钰 琦绮 琪棋
琳淋 瑞端 瑜愉 瑶摇 瑾谨 璇旋 畅肠 盈盆 益盆 真直 睿容 石右 硕顾 禄碌 科料 秋秒 筠均 纯钝 维淮
绍昭 缘绿 耀跃 肖尚 航杭 芝艺 苑宛 莹萤 蓓倍 薛薜 虎虚 裕浴 西酉 语浯 谊宜 豪毫 贞贝 贵责 路跟
辉挥 辰晨 通道 郎朗 金全 钦软 钧钓 铁轶 锦绵 长张 闵闲 陈阵 隆降 雅稚 霖霜 靖靓 韬滔 颖颍 馨磬
香番 驰弛 骁晓 骏俊 魁魅 鲁鱼 鸣呜 麒骐 麟鳞 黎梨 龚袭 郭敦 曹曾 邓郑 肖宵 田用 袁哀 潘播 余佘
杜社 苏芬 魏巍 吕昌 丁了 任仕 卢芦 姚桃 崔催 钟种 谭潭 陆陈 范苑 廖寥 贾贵 韦书 白臼 邹刍 孟盂
熊能 秦泰 段叚 郝郗 孔扎 邵召 常堂 赖懒 戴载 莫英 施旋
"""


def _pairs(text: str) -> frozenset[str]:
    groups = (dict.fromkeys(group) for group in text.split())
    return frozenset(a + b for group in groups for a, b in permutations(group, 2))


SIMILAR: Final = _pairs(_GROUPS)
"""Each pair of similar characters, in both orders, as a text of two characters."""


def similar_shape(a: str, b: str) -> bool:
    """Whether one character is easily taken for the other. Symmetric."""
    return a + b in SIMILAR
