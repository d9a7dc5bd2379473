"""The invented town of Yunxi: the names people there have, and where they live.

Written for this project. Surnames are roughly as frequent as in China; given names are made of
one or two characters. A few people are named as real registers are afraid of: with characters
that GBK lacks, with compound surnames, with the dot between the parts of a minority name.
Province, town, streets and area codes exist nowhere: GB/T 2260 gives no area code beginning
with 99, so no identity number made here can belong to a person.
"""

from __future__ import annotations

PROVINCE = "澜川省"
CITY = "云溪市"

SURNAMES: tuple[tuple[str, int], ...] = tuple(
    (surname, weight)
    for weight, surnames in (
        (70, "王李张刘陈"),
        (30, "杨黄赵吴周徐孙马朱胡"),
        (14, "郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾"),
        (6, "萧田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金"),
        (2, "韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤"),
    )
    for surname in surnames
)
COMPOUND_SURNAMES = ("欧阳", "上官", "司马", "诸葛", "皇甫", "尉迟", "慕容", "令狐")
RARE_SURNAMES = ("䶮", "㛃", "逄", "亓", "仉", "𠮷")

GIVEN_MEN = "伟强磊军勇杰涛明超刚平辉鹏华飞波斌宇浩凯健俊帆旭宁龙林建国志文海峰山川岩松柏"
GIVEN_WOMEN = "芳娜敏静丽艳娟霞秀玲桂英梅琳雪倩颖莹洁燕玉兰凤萍红婷慧蓉薇瑶涵怡诗雅淑珍"
GIVEN_ANY = "子梓一雨思嘉晨欣然乐安若清云天宇晓春秋佳新永世长正和光"
GIVEN_RARE = "䶮㛃𬭎𬱖𫖯𠅤𪩘㙦㼆𫘧"

MINORITY_NAMES = (
    ("阿依古丽·买买提", "F"),
    ("迪丽努尔·阿不都热合曼", "F"),
    ("艾力·吐尔逊", "M"),
    ("巴特尔·孟和", "M"),
    ("其其格·乌兰", "F"),
    ("扎西·多吉", "M"),
    ("卓玛·央金", "F"),
    ("沙马·尔古", "M"),
)

DISTRICTS = (
    ("990102", "望江区", ("滨江", "文庙", "南桥")),
    ("990103", "青石区", ("青石桥", "纺织新村", "北塔")),
    ("990104", "桂湖区", ("桂湖", "大学城", "东湖")),
    ("990121", "松岭县", ("城关", "松岭", "柏树")),
    ("990122", "乌溪县", ("乌溪", "龙潭", "麻柳")),
)
STREETS = ("解放", "人民", "建设", "朝阳", "和平", "学府", "沿江", "新华", "健康", "金桂")
POSTCODE = "990000"
