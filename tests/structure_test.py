#!/usr/bin/env python3
"""Checks the shape of the sources: who includes whom, sizes, READMEs, the folder map, no paths of one machine.

One line a check; the last line is `N passed, N failed, N skipped`. Python's standard library only.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCE_FOLDERS = ["schemas", "engine", "commands", "projections", "api", "ops", "tests"]
FILE_LINES_MOST = 400
FUNCTION_LINES_MOST = 70

# Which folders a file may include from, by its own folder.
MAY_INCLUDE = {
    "engine": {"schemas", "engine"},
    "commands": {"schemas", "commands"},
    "projections": {"schemas", "engine", "commands", "projections"},
    "api": {"schemas", "engine", "commands", "projections", "api"},
    "ops": {"schemas", "engine", "commands", "projections", "api", "ops"},
    "tests": {"schemas", "engine", "commands", "projections", "api", "ops", "tests"},
}
# The pure rules see of the engine only its words.
COMMANDS_SEE_OF_ENGINE = {"engine/vocabulary.h", "engine/result.h", "engine/domain.h"}

# Home of each third-party header; tests may include what they test against.
HOMES = {
    r"^rocksdb/": ["engine", "projections/read_cache"],
    r"^(cppconn|mysql|mariadb)|^mysql_": ["projections/reporting"],
    r"^nats": ["projections/relay"],
    r"^boost/(?!crc)": ["api"],
    r"^boost/crc": ["engine"],
    r"^rapidjson/": ["api"],
    r"^CLI/": ["ops"],
    r"^toml\+\+": ["ops"],
    r"^mimalloc": ["ops"],
    r"^catch2/": ["tests"],
    r"^rapidcheck": ["tests"],
    r"^sodium": ["engine", "api", "projections/effects"],
    r"^curl/": ["projections/effects"],
    r"^kainjow/": ["projections/effects"],
    r"^openssl/": ["engine", "api"],
    r"^date/": ["ops"],
    r"^zlib": ["projections/effects"],
}

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.M)
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|home/\w+|root|Users/\w+)/[\w.]")


def files(*suffixes):
    for folder in SOURCE_FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix in suffixes and "__pycache__" not in path.parts:
                yield path


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def include_direction():
    for path in files(".cpp", ".h"):
        name = name_of(path)
        folder = name.split("/")[0]
        if folder == "schemas":
            continue
        for quote, target in INCLUDE.findall(path.read_text()):
            top = target.split("/")[0]
            if quote != '"' or top not in SOURCE_FOLDERS:
                continue
            allowed = top in MAY_INCLUDE[folder] or (folder == "commands" and target in COMMANDS_SEE_OF_ENGINE)
            if not allowed:
                yield f"{name} includes {target}: {folder}/ must not know {top}/"


def include_from_root():
    for path in files(".cpp", ".h"):
        for quote, target in INCLUDE.findall(path.read_text()):
            if quote == '"' and target.split("/")[0] not in SOURCE_FOLDERS:
                yield f'{name_of(path)} includes "{target}": own headers are named from the root of the repository'


def third_party_homes():
    for path in files(".cpp", ".h"):
        name = name_of(path)
        if name.startswith("tests/"):
            continue
        for quote, target in INCLUDE.findall(path.read_text()):
            for pattern, homes in HOMES.items():
                if quote == "<" and re.search(pattern, target) and not any(name.startswith(h + "/") for h in homes):
                    yield f"{name} includes <{target}>, which is at home in {' and '.join(homes)}"


def file_sizes():
    for path in files(".cpp", ".h"):
        lines = path.read_text().count("\n")
        if lines > FILE_LINES_MOST:
            yield f"{name_of(path)} has {lines} lines, more than {FILE_LINES_MOST}"


def without_text(source):
    """Comments and literals blanked, line ends kept, so that braces count."""
    pattern = re.compile(
        r'^[ \t]*#(?:\\\n|[^\n])*|R"(?P<d>[^(\s]{0,16})\(.*?\)(?P=d)"|//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Fa-f])\'(?:\\.|[^\'\\\n])+\'',
        re.S | re.M)
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match.group(0)), source)


FUNCTION_HEAD = re.compile(r"[)\w>&]\s*(?:const|noexcept|override|final|mutable|->\s*[\w:<>,&* ]+|\s)*$")
NOT_FUNCTION = re.compile(r"(?:^|[;{}]\s*)(?:(?:inline|extern|export|typedef|template\s*<[^{}]*>)\s+)*"
                          r"(?:namespace|class|struct|union|enum)\b[^;{}()]*$|extern\s+$")


def functions(source):
    """(first line, lines) of each outermost body that is a function's."""
    text = without_text(source)
    stack = []  # (is function, start line)
    line, head_start = 1, 0
    for index, char in enumerate(text):
        if char == "\n":
            line += 1
        elif char in ";":
            if not any(kind for kind, _ in stack):
                head_start = index + 1
        elif char == "{":
            head = text[head_start:index]
            inside = any(kind for kind, _ in stack)
            is_function = (not inside and "(" in head and not NOT_FUNCTION.search(head)
                           and bool(FUNCTION_HEAD.search(head)))
            stack.append((is_function, line))
            if not inside and not is_function:
                head_start = index + 1
        elif char == "}" and stack:
            kind, start = stack.pop()
            if kind:
                yield start, line - start + 1
            if not any(k for k, _ in stack):
                head_start = index + 1


def function_sizes():
    for path in files(".cpp", ".h"):
        for start, lines in functions(path.read_text()):
            if lines > FUNCTION_LINES_MOST:
                yield f"{name_of(path)}:{start}: a function of {lines} lines, more than {FUNCTION_LINES_MOST}"


def readme_in_each_folder():
    for folder in SOURCE_FOLDERS:
        if not (ROOT / folder / "README.md").is_file():
            yield f"{folder}/ has no README.md"


def folder_map():
    readme = ROOT / "README.md"
    if not readme.is_file():
        yield "README.md is missing"
        return
    named = set(re.findall(r"^\|\s*\[?`([\w/]+)/`", readme.read_text(), re.M))
    present = {p.name for p in ROOT.iterdir()
               if p.is_dir() and not p.name.startswith(".") and p.name not in {"build", "var"}}
    for folder in sorted(present - {n.split("/")[0] for n in named}):
        yield f"README.md's folder map does not name {folder}/"
    for folder in sorted(named):
        if not (ROOT / folder).is_dir():
            yield f"README.md's folder map names {folder}/, which is not there"


def readme_links():
    for path in sorted(ROOT.glob("*.md")) + list(files(".md")):
        for target in re.findall(r"\]\(([^)#\s]+)", path.read_text()):
            if "://" not in target and not (path.parent / target).exists():
                yield f"{name_of(path)} links {target}, which is not there"


def machine_paths():
    checked = list(files(".cpp", ".h", ".py", ".sh", ".md", ".proto", ".sql", ".txt", ".toml", ".json", ""))
    for path in checked + sorted(ROOT.glob("*.md")) + [ROOT / "CMakeLists.txt", ROOT / "CMakePresets.json"]:
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue  # golden bytes
        for number, line in enumerate(text.split("\n"), 1):
            if MACHINE_PATH.search(line) and "MACHINE_PATH" not in line:
                yield f"{name_of(path)}:{number}: a path of one machine"


def unfinished_work():
    for path in files(".cpp", ".h"):
        for number, line in enumerate(path.read_text().split("\n"), 1):
            if re.search(r"\b(TODO|FIXME|XXX|HACK)\b", line):
                yield f"{name_of(path)}:{number}: unfinished work"


CHECKS = [include_direction, include_from_root, third_party_homes, file_sizes, function_sizes, readme_in_each_folder,
          folder_map, readme_links, machine_paths, unfinished_work]


def main():
    failed = 0
    for check in CHECKS:
        faults = list(check())
        failed += bool(faults)
        print(("not ok " if faults else "ok ") + check.__name__.replace("_", " "))
        for fault in faults:
            print("   " + fault)
    print(f"{len(CHECKS) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
