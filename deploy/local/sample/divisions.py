#!/usr/bin/env python3
"""Turns the four tables of administrative divisions (GB/T 2260) into a file that `ronghectl import units` reads.

    divisions.py DIR > units.csv

DIR holds provinces.csv, cities.csv, areas.csv and streets.csv: code and name, the last columns naming the parents. One
organization for each division. Rows that are no place (市辖区, 县, 省直辖县级行政区划, 自治区直辖县级行政区划) become statistical
groups: they roll up, hold no members and are not counted. A prefecture without counties of its own (东莞, 中山, 儋州,
嘉峪关) appears in the tables as its own single county and is taken as it stands there.
"""
import csv
import pathlib
import sys

HEADER = ["组织代码", "组织名称", "简称", "层级", "类别", "上级组织", "行政区划代码"]
NO_PLACE = {"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"}
TABLES = [  # file, level, column of the parent
    ("provinces.csv", "省", None),
    ("cities.csv", "市", "provinceCode"),
    ("areas.csv", "县", "cityCode"),
    ("streets.csv", "乡镇", "areaCode"),
]


def rows(directory):
    for name, level, parent in TABLES:
        with open(directory / name, newline="", encoding="utf-8-sig") as f:
            for row in csv.DictReader(f):
                title = row["name"]
                if title in NO_PLACE:
                    kind, full = "统计汇总", title
                elif level == "乡镇" and not title.endswith(("乡", "镇")):
                    kind, full = "党工委", f"中共{title}工作委员会"
                else:
                    kind, full = "党委", f"中共{title}委员会"
                yield [row["code"], full, title, level, kind, row[parent] if parent else "", row["code"]]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(HEADER)
    out.writerows(rows(pathlib.Path(sys.argv[1])))


if __name__ == "__main__":
    main()
