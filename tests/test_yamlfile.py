"""YAML is read as written, and every problem is told at its place, all at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from triage.yamlfile import Field, FilePath, Model, Problems, read


class Door(Model):
    name: str
    open: bool = True
    doors: tuple[Door, ...] = ()


class House(Model):
    address: str
    number: int = 1
    doors: tuple[Door, ...] = Field(default=(), min_length=0)
    papers: FilePath | None = None


def house(tmp_path: Path, text: str) -> House:
    file = tmp_path / "house.yaml"
    file.write_text(text, encoding="utf-8")
    return read(file, House, shown_as="house.yaml").value


def problems(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(Problems) as raised:
        house(tmp_path, text)
    return str(raised.value).splitlines()


@pytest.mark.parametrize("written", ["no", "012345", "1:30", "yes", "1e3", "0x1f", "2024-01-01", "off"])
def test_a_text_stays_what_stands_in_the_file(tmp_path: Path, written: str):
    assert house(tmp_path, f"address: {written}\n").address == written


def test_a_number_and_a_truth_value_are_read_where_the_schema_asks_for_them(tmp_path: Path):
    found = house(tmp_path, "address: a\nnumber: 012\ndoors:\n  - {name: no, open: no}\n")
    assert (found.number, found.doors[0].name, found.doors[0].open) == (12, "no", False)


def test_a_key_given_twice_is_refused_with_both_lines(tmp_path: Path):
    assert problems(tmp_path, "address: a\nnumber: 1\naddress: b\n") == [
        "house.yaml:3:1: 'address' is given twice, the first is on line 1; keep one of them"
    ]


def test_an_unknown_key_is_refused_with_the_nearest_known_one(tmp_path: Path):
    assert problems(tmp_path, "address: a\ndoors:\n  - name: x\n    opne: yes\n") == [
        "house.yaml:4:5: unknown key 'opne'; did you mean 'open'?"
    ]


def test_all_problems_of_a_file_are_told_at_once_in_their_order(tmp_path: Path):
    assert problems(tmp_path, "number: many\ndoors:\n  - open: perhaps\n  - name: b\n    material: oak\n") == [
        "house.yaml:1:1: 'address' is missing here; add it",
        "house.yaml:1:9: 'number': a whole number is expected here",
        "house.yaml:3:5: 'name' is missing here; add it",
        "house.yaml:3:11: 'open': 'true' or 'false' is expected here",
        "house.yaml:5:5: unknown key 'material'; known here: doors, name, open",
    ]


def test_a_wrong_indent_is_told_at_its_line(tmp_path: Path):
    (line,) = problems(tmp_path, "address: a\n   number: 2\n")
    assert line.startswith("house.yaml:2:")
    assert line.endswith("check the indentation and the quotes here")


def test_a_tab_is_named_as_what_it_is(tmp_path: Path):
    assert problems(tmp_path, "address: a\ndoors:\n\t- name: x\n") == [
        "house.yaml:3:1: a tab stands at the beginning of this line; indent with spaces"
    ]


def test_a_list_where_keys_belong_is_told_in_plain_words(tmp_path: Path):
    assert problems(tmp_path, "- address\n") == [
        "house.yaml:1:1: keys and values are expected here (lines like 'key: value')"
    ]


def test_a_missing_file_and_a_file_that_is_not_utf8_are_told_plainly(tmp_path: Path):
    with pytest.raises(Problems, match=r"gone\.yaml:1:1: this file does not exist"):
        read(tmp_path / "gone.yaml", House, shown_as="gone.yaml")
    (tmp_path / "latin.yaml").write_bytes("address: Tromsø\n".encode("latin-1"))
    with pytest.raises(Problems, match=r"latin\.yaml:1:1: cannot be read as UTF-8"):
        read(tmp_path / "latin.yaml", House, shown_as="latin.yaml")


def test_a_path_in_a_file_starts_in_the_folder_of_that_file(tmp_path: Path):
    assert house(tmp_path, "address: a\npapers: in/box\n").papers == tmp_path / "in/box"
    assert house(tmp_path, "address: a\npapers: /etc\n").papers == Path("/etc")


def test_a_part_without_a_place_of_its_own_is_placed_at_what_holds_it(tmp_path: Path):
    file = tmp_path / "house.yaml"
    file.write_text("address: a\ndoors:\n  - name: x\n", encoding="utf-8")
    document = read(file, House, shown_as="house.yaml")
    assert str(document.place("doors", 0, "open")) == "house.yaml:3:5"
