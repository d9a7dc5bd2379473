"""Chinese surnames: how they are read, which are written in two ways, which have two characters.

Written for this project, from public facts. A general dictionary gives the commonest reading of a
character, which for a surname is often the wrong one (曾 is Zēng, not céng). The first reading
here is the surname's; those after it are other readings that real bearers use. The dictionary's
readings are still accepted when two names are *compared*, because machines write them.
"""

from __future__ import annotations

from typing import Final

_READINGS = """
曾 zeng|单 shan|查 zha|仇 qiu|解 xie|区 ou|缪 miao|翟 zhai di|盖 ge gai|朴 piao pu|员 yun|贠 yun
宓 mi fu|逄 pang|逢 pang|覃 qin tan|乐 yue le|瞿 qu|谌 chen shen|卜 bu|种 chong|召 shao zhao
隗 wei kui|洗 xian|冼 xian|郗 xi chi|尉 wei yu|繁 po|秘 bi|折 she|黑 he|句 gou|勾 gou|过 guo
那 na|能 nai|车 che|柏 bai bo|薄 bo|祭 zhai|阚 kan|阙 que|钭 tou|牟 mou mu|佴 nai|冯 feng
宁 ning|甯 ning|燕 yan|沈 shen|俞 yu|於 yu|叶 ye|贾 jia|角 jue|郇 xun huan|眭 sui|呙 guo|妫 gui
盛 sheng|幺 yao|么 yao|乜 nie mie|亓 qi|仉 zhang|都 du|谷 gu|褚 chu|禚 zhuo|訾 zi|昝 zan|逯 lu
鄢 yan|郏 jia|郦 li|邰 tai|酆 feng|綦 qi|蒯 kuai|亢 kang|佘 she|侴 chou|厍 she|芮 rui|苻 fu
莘 shen xin|菅 jian|湛 zhan|璩 qu|禤 xuan|粘 nian|糜 mi|缑 gou|芈 mi|臧 zang|蹇 jian|迮 ze
郜 gao|雒 luo|颉 xie jie|遆 ti|夔 kui|干 gan|庹 tuo|庾 yu|揭 jie|暨 ji|仝 tong|殳 shu|毋 wu
汲 ji|胥 xu|宿 su|强 qiang jiang|佀 si|镡 tan xin|撖 han|揣 chuai|恽 yun|圈 juan|任 ren|华 hua
纪 ji|应 ying|葛 ge|曲 qu|石 shi|晁 chao|晟 cheng|殷 yin|尹 yin|重 chong|适 kuo|参 shen|相 xiang
行 xing|撒 sa|哈 ha|教 jiao|戚 qi|朝 chao|长 zhang|会 gui|占 zhan|卓 zhuo|台 tai|合 ge he|呼 hu
咸 xian|圻 qi|娄 lou|峗 wei|度 du|戏 xi|扁 bian|扎 zha|敦 dun|旬 xun|景 jing|曹 cao|朱 zhu
校 xiao|桑 sang|济 ji|涂 tu|率 lv|琚 ju|省 xing|甄 zhen|畲 she|番 pan fan|盘 pan|盍 he|稽 ji
嵇 ji|笪 da|翁 weng|脱 tuo|臬 nie|莫 mo|藏 zang|观 guan|诸 zhu|贲 ben|贯 guan|费 fei bi
郄 qie xi|郤 xi|郝 hao|郯 tan|鄂 e|鄞 yin|钟 zhong|阿 a|隋 sui|鬲 ge li|麻 ma|黾 min|龟 gui
戴 dai|代 dai|谯 qiao|濮 pu|危 wei|訚 yin|褟 ta|枞 cong|楼 lou|栗 li|朗 lang|抗 kang|弘 hong
岑 cen|宛 wan|姒 si|妘 yun|奚 xi|吕 lv|律 lv|闾 lv|万 wan|伏 fu|伯 bo|佛 fo|傅 fu|付 fu|兀 wu
冉 ran|刁 diao|匡 kuang|卞 bian|厉 li
"""

_COMPOUND = """
欧阳 ouyang|上官 shangguan|司马 sima|司徒 situ|司空 sikong|司寇 sikou|诸葛 zhuge|皇甫 huangfu
尉迟 yuchi|慕容 murong|令狐 linghu|长孙 zhangsun|万俟 moqi|夏侯 xiahou|宇文 yuwen|轩辕 xuanyuan
东方 dongfang|西门 ximen|南宫 nangong|东郭 dongguo|南门 nanmen|端木 duanmu|公孙 gongsun
公羊 gongyang|公冶 gongye|公西 gongxi|公良 gongliang|仲孙 zhongsun|钟离 zhongli|闻人 wenren
赫连 helian|澹台 tantai|濮阳 puyang|淳于 chunyu|单于 chanyu|鲜于 xianyu|申屠 shentu|太叔 taishu
宗政 zongzheng|闾丘 lvqiu|亓官 qiguan|呼延 huyan|百里 baili|谷梁 guliang|榖梁 guliang
左丘 zuoqiu|梁丘 liangqiu|拓跋 tuoba|夹谷 jiagu|宰父 zaifu|段干 duangan|巫马 wuma|漆雕 qidiao
乐正 yuezheng|壤驷 rangsi|第五 diwu|独孤 dugu|完颜 wanyan|纳兰 nalan|那拉 nala|佟佳 tongjia
羊舌 yangshe|微生 weisheng|子车 ziju|颛孙 zhuansun|伯赏 boshang|尔朱 erzhu|贺兰 helan|贺拔 heba
叱干 chigan|屈突 qutu|侯莫 houmo|耶律 yelv|费莫 feimo|钮祜 niuhu|赫舍 heshe|爱新 aixin
富察 fucha|瓜尔 guaer|欧侯 ouhou|归海 guihai|汝鄢 ruyan|东门 dongmen|东宫 donggong|南荣 nanrong
北宫 beigong|西陵 xiling|屠岸 tuan|毌丘 guanqiu|毋丘 wuqiu|綦毋 qiwu|万纽 wanniu|相里 xiangli
即墨 jimo|有琴 youqin|库狄 shedi|厍狄 shedi|斛律 hulv
"""

_VARIANTS = """
萧肖 阎闫 傅付 戴代 邱丘 蓝兰 卢芦 宁甯 于於 沈沉 钟锺 曲麴 雒洛 侯候 余馀 游遊 修脩 郁鬱 强彊
糜縻 贠员 佘畲 冼洗 郄郤 褚禇 祁祈 邢刑
"""
"""Two writings of one surname: simplified twice, of old, or a clerk's habit."""


def _table(text: str) -> dict[str, tuple[str, ...]]:
    rows = (row.split() for row in text.replace("\n", "|").split("|") if row.strip())
    return {surname: tuple(readings) for surname, *readings in rows}


READINGS: Final[dict[str, tuple[str, ...]]] = _table(_READINGS)
"""A surname of one character to its readings without tones (ü is v), the usual one first."""

COMPOUND: Final[dict[str, str]] = {
    surname: readings[0] for surname, readings in _table(_COMPOUND).items()
}
"""A surname of two characters to its reading."""

VARIANTS: Final[dict[str, str]] = {other: pair[0] for pair in _VARIANTS.split() for other in pair}
"""A surname that is written in two ways to one of them."""


def split_surname(name: str) -> tuple[str, str]:
    """Cut a name of Chinese characters into surname and given name.

    A compound surname needs at least one character after it: 司马 alone is a 司 with the given
    name 马. Whatever is not a known compound has a surname of one character.
    """
    if len(name) > 2 and name[:2] in COMPOUND:
        return name[:2], name[2:]
    return name[:1], name[1:]
