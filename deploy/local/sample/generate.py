#!/usr/bin/env python3
"""Writes a fictional network of organizations below the real townships of one county.

    generate.py DIR [--divisions FILE] [--branches N] [--members N] [--seed N] [--today YYYY-MM-DD]

DIR gets units.csv, members.csv and posts.csv, in the form `ronghectl import` reads. The same arguments give the same
bytes. Persons, names of branches and numbers are made up: identity numbers carry the area prefix 990101, which was never
assigned, and telephone numbers begin with 000, which cannot be dialled.

Sizes follow published counts: a county has 10 to 30 townships, 300 to 1,500 branches and 10,000 to 60,000 members.
"""
import argparse
import csv
import datetime
import pathlib
import random

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
GIVEN = "伟刚勇毅俊峰强军平保东文辉力明永健世广志义兴良海山仁波宁贵福生龙元全国胜学祥才发武新利清飞彬富顺信子杰涛昌成康星光天达安岩中茂进林有坚和彪博诚先敬震振壮会思群豪心邦承乐绍功松善厚庆磊民友裕河哲江超浩亮政谦亨奇固之轮翰朗伯宏言若鸣朋斌梁栋维启克伦翔旭鹏泽晨辰士以建家致树炎德行时泰盛雄琛钧冠策腾楠榕风航弘秀娟英华慧巧美娜静淑惠珠翠雅芝玉萍红娥玲芬芳燕彩春菊兰凤洁梅琳素云莲真环雪荣爱妹霞香月莺媛艳瑞凡佳嘉琼勤珍贞莉桂娣叶璧璐娅琦晶妍茜秋珊莎锦黛青倩婷姣婉娴瑾颖露瑶怡婵雁蓓纨仪荷丹蓉眉君琴蕊薇菁梦岚苑筠柔竹霭凝晓欢霄枫芸菲寒欣滢伊亚宜可姬舒影荔枝思丽"
PLACES = "前后东西南北大小上下新老"
FEATURES = "河湖山桥店庄屯营寨沟坡泉井台岭湾塘林园沙石柳槐杨桃李枣"
SECTORS = [  # sector, share of branches, name of a branch in it
    ("农村", 0.58, "{place}村党支部"),
    ("社区", 0.10, "{place}社区党支部"),
    ("机关", 0.08, "{place}所党支部"),
    ("学校", 0.07, "{place}学校党支部"),
    ("国有企业", 0.05, "{place}公司党支部"),
    ("非公有制企业", 0.09, "{place}有限公司党支部"),
    ("社会组织", 0.03, "{place}协会党支部"),
]
ID_PREFIX = "990101"
ID_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]

UNIT_HEADER = ["组织代码", "组织名称", "简称", "层级", "类别", "上级组织", "行政区划代码", "行业领域", "成立日期"]
MEMBER_HEADER = ["所在党组织", "姓名", "性别", "出生日期", "公民身份号码", "联系电话", "人员类别", "入党日期", "转正日期", "外部编号"]
POST_HEADER = ["所在党组织", "公民身份号码", "职务", "任职日期"]


def check_character(first17):
    """The 18th character of an identity number (GB 11643, ISO 7064 MOD 11-2)."""
    return "10X98765432"[sum(int(d) * w for d, w in zip(first17, ID_WEIGHTS)) % 11]


class Generator:
    def __init__(self, rng, today):
        self.rng = rng
        self.today = today
        self.people = 0

    def place(self):
        return self.rng.choice(PLACES) + self.rng.choice(SURNAMES) + self.rng.choice(FEATURES)

    def day_between(self, first, last):
        return first + datetime.timedelta(days=self.rng.randrange(max(1, (last - first).days)))

    def unit(self, code, title, short, level, kind, parent, division="", sector=""):
        founded = self.day_between(datetime.date(1950, 1, 1), datetime.date(2024, 1, 1))
        return [code, title, short, level, kind, parent, division, sector, founded.isoformat()]

    def member(self, unit):
        rng = self.rng
        self.people += 1
        sex = "女" if rng.random() < 0.31 else "男"
        age = min(95, max(19, int(rng.gauss(51, 16))))
        birth = self.day_between(
            datetime.date(self.today.year - age - 1, 1, 1), datetime.date(self.today.year - age, 1, 1))
        # The order number's parity is the sex: odd for men.
        order = (self.people * 2 + (1 if sex == "男" else 0)) % 1000
        first17 = f"{ID_PREFIX}{birth:%Y%m%d}{order:03d}"
        adult = birth.replace(year=birth.year + 18, day=min(birth.day, 28))
        if rng.random() < 0.02:
            joined = self.day_between(self.today - datetime.timedelta(days=360), self.today)
            status, full = "预备党员", ""
        else:
            joined = self.day_between(adult, self.today - datetime.timedelta(days=370))
            status, full = "正式党员", (joined + datetime.timedelta(days=365)).isoformat()
        if joined < adult:  # too young for it: leave the person out
            return None
        name = rng.choice(SURNAMES) + rng.choice(GIVEN) + (rng.choice(GIVEN) if rng.random() < 0.8 else "")
        return [unit, name, sex, birth.isoformat(), first17 + check_character(first17),
                f"000{rng.randrange(10**8):08d}", status, joined.isoformat(), full, f"P{self.people:07d}"]


def branch_sizes(rng, count, members):
    """Skewed sizes of 3 to 60 which add up to `members` (as near as the bounds allow)."""
    weights = [rng.lognormvariate(0, 0.6) for _ in range(count)]
    scale = members / sum(weights)
    sizes = [min(60, max(3, round(w * scale))) for w in weights]
    difference = members - sum(sizes)
    while difference and not all(s == (60 if difference > 0 else 3) for s in sizes):
        i = rng.randrange(count)
        step = 1 if difference > 0 else -1
        if 3 <= sizes[i] + step <= 60:
            sizes[i] += step
            difference -= step
    return sizes


def build(divisions, branches, members, seed, today):
    rng = random.Random(seed)
    make = Generator(rng, today)
    county = next(d for d in divisions if not d["parent"])
    townships = [d for d in divisions if d["parent"] == county["code"]]
    units = [make.unit(county["code"], f"中共{county['name']}委员会", county["name"], "县", "党委", "", county["code"])]
    holders = []  # units that hold members
    for t in townships:
        kind = "党委" if t["name"].endswith(("镇", "乡")) else "党工委"
        units.append(make.unit(t["code"], f"中共{county['name']}{t['name']}{'委员会' if kind == '党委' else '工作委员会'}",
                               t["name"], "乡镇", kind, county["code"], t["code"]))
    # A few of the county's own organs have branches directly under the county.
    parents = [t["code"] for t in townships]
    shares = [rng.uniform(0.6, 1.6) for _ in parents]
    organs = max(1, branches // 40)
    numbers = {}

    def next_code(parent, width=3):
        numbers[parent] = numbers.get(parent, 0) + 1
        return f"{parent}{numbers[parent]:0{width}d}"

    made = 0
    general = None  # (code, branches still to come below it)
    while made < branches:
        made += 1
        sector, _, pattern = rng.choices(SECTORS, weights=[s[1] for s in SECTORS])[0]
        title = pattern.format(place=make.place())
        if made <= organs:
            code = next_code(county["code"] + "900")
            units.append(make.unit(code, f"{county['name']}{make.place()}局党支部", "", "支部", "党支部", county["code"], "", "机关"))
            holders.append(code)
            continue
        if general is None and rng.random() < 0.02:
            parent = rng.choices(parents, weights=shares)[0]
            code = next_code(parent)
            units.append(make.unit(code, f"{make.place()}党总支", "", "支部", "党总支", parent, "", sector))
            general = (code, parent, rng.randrange(2, 5))
            continue
        if general is not None:
            above, parent, left = general
            code = next_code(parent)
            general = (above, parent, left - 1) if left > 1 else None
        else:
            above = rng.choices(parents, weights=shares)[0]
            code = next_code(above)
        kind = "联合党支部" if rng.random() < 0.03 else "临时党支部" if rng.random() < 0.01 else "党支部"
        units.append(make.unit(code, title, "", "支部", kind, above, "", sector))
        holders.append(code)

    people, posts = [], []
    for code, size in zip(holders, branch_sizes(rng, len(holders), members)):
        own = []
        while len(own) < size:
            person = make.member(code)
            if person and person[4] not in make.__dict__.setdefault("seen", set()):
                make.seen.add(person[4])
                own.append(person)
        people += own
        full = [p for p in own if p[6] == "正式党员"]
        # At least 7 full members: a committee; otherwise a secretary and at most one deputy.
        roles = ["书记", "副书记", "委员", "委员", "委员"] if len(full) >= 7 else ["书记", "副书记"]
        for person, role in zip(rng.sample(full, min(len(full), len(roles))), roles):
            since = max(datetime.date.fromisoformat(person[8]) + datetime.timedelta(days=1),
                        today - datetime.timedelta(days=rng.randrange(30, 1400)))
            posts.append([code, person[4], role, min(since, today).isoformat()])
        # A large branch has groups.
        if size >= 30:
            for n in range(1, 1 + size // 15):
                units.append(make.unit(f"{code}{n:02d}", f"第{n}党小组", "", "小组", "党小组", code))
    return units, people, posts


def write(path, header, rows):
    with open(path, "w", newline="", encoding="utf-8") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(header)
        out.writerows(rows)


def main():
    here = pathlib.Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--divisions", type=pathlib.Path, default=here / "shouguang.csv",
                        help="CSV code,name,parent: one county and its townships (default: Shouguang)")
    parser.add_argument("--branches", type=int, default=600)
    parser.add_argument("--members", type=int, default=15000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--today", type=datetime.date.fromisoformat, default=datetime.date(2026, 11, 1),
                        help="the day on which the register is taken (default 2026-11-01)")
    options = parser.parse_args()
    with open(options.divisions, newline="", encoding="utf-8") as f:
        divisions = list(csv.DictReader(f))
    if not 3 * options.branches <= options.members <= 60 * options.branches:
        parser.error("members must be 3 to 60 times branches")
    units, people, posts = build(divisions, options.branches, options.members, options.seed, options.today)
    options.directory.mkdir(parents=True, exist_ok=True)
    write(options.directory / "units.csv", UNIT_HEADER, units)
    write(options.directory / "members.csv", MEMBER_HEADER, people)
    write(options.directory / "posts.csv", POST_HEADER, posts)
    print(f"{len(units)} units, {len(people)} members, {len(posts)} posts")


if __name__ == "__main__":
    main()
