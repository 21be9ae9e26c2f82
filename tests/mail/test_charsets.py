"""Bytes become the text that was meant."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.mail.charsets import decode, repair, storable

NORDIC = "Blåbærsyltetøy på Ærø, Åland, Skövde och Jyväskylä"
DECLARATIONS = [
    None,
    "us-ascii",
    "utf-8",
    "UTF8",
    "iso-8859-1",
    "latin1",
    "windows-1252",
    "cp-1252",
    "x-unknown",
    "",
    "\0",
    "hex",
]


@pytest.mark.parametrize("declared", DECLARATIONS)
@pytest.mark.parametrize("sent", ["utf-8", "cp1252", "latin-1"])
def test_nordic_text_is_right_whatever_is_declared(sent: str, declared: str | None):
    assert decode(NORDIC.encode(sent), declared) == NORDIC


@pytest.mark.parametrize(
    "charset", ["iso-8859-15", "cp850", "cp865", "mac-roman", "cp1250", "utf-16", "utf-32", "utf-7", "ibm865"]
)
def test_a_rarer_charset_is_believed_when_it_is_declared(charset: str):
    text = "Blåbær"
    if charset == "cp1250":
        text = "Łódź"
    assert decode(text.encode(charset), charset) == text


@pytest.mark.parametrize("charset", ["shift_jis", "euc-jp", "iso-2022-jp"])
def test_japanese_is_read(charset: str):
    assert decode("支払いエラー".encode(charset), charset) == "支払いエラー"


def test_a_korean_name_that_python_does_not_know_is_read():
    assert decode("결제".encode("cp949"), "ks_c_5601-1987") == "결제"


@pytest.mark.parametrize(
    "codec", ["idna", "punycode", "unicode_escape", "raw_unicode_escape", "rot13", "undefined", "base64"]
)
def test_python_codecs_that_are_no_charsets_are_not_used(codec: str):
    assert decode(rb"C:\new \u00e5", codec) == r"C:\new \u00e5"


def test_windows_text_declared_latin1_keeps_its_quotation_marks():
    assert decode(b"\x93ok\x94 \x96 5 \x80", "iso-8859-1") == "“ok” – 5 €"


@settings(deadline=None)
@given(
    st.binary(max_size=400),
    st.sampled_from(
        [*DECLARATIONS, "utf-16", "utf-7", "utf-32", "gb2312", "big5", "euc-kr", "hz", "iso-2022-kr", "cp037"]
    ),
)
def test_decoded_bytes_can_always_be_stored(data: bytes, declared: str | None):
    text = decode(data, declared)
    assert "\0" not in text
    text.encode("utf-8")


def test_surrogates_become_replacement_characters_and_nul_goes():
    assert storable("a\0b\ud800c\x1bd\te\n") == "ab\ufffdcd\te\n"


@pytest.mark.parametrize("letters", ["å ø æ Å Ø Æ", "ä ö Ä Ö", "é ü ß", "“x” – it’s … €"])
@pytest.mark.parametrize("times", [1, 2])
def test_utf8_read_as_windows_1252_is_repaired(letters: str, times: int):
    broken = letters
    for _ in range(times):
        broken = "".join(_as_cp1252(byte) for byte in broken.encode())
    assert repair(broken) == letters


def _as_cp1252(byte: int) -> str:
    return bytes([byte]).decode("cp1252", "ignore") or chr(byte)


def test_utf8_read_as_macroman_is_repaired():
    assert repair("Bl√•b√¶r p√• √òst, it‚Äôs") == "Blåbær på Øst, it’s"


@pytest.mark.parametrize(
    "text",
    [
        "Navnet blir BjÃ¸rn, men skal være Bjørn",  # the sender speaks about it
        '{"name": "BjÃ¸rn"}',
        "curl https://shop.example/?q=BjÃ¸rn",
        "√(2) er 1.41 og √4 er 2",
        "Prisen er “100”, sa Å”",
        "São Paulo é longe",
    ],
)
def test_what_is_meant_as_it_stands_is_not_repaired(text: str):
    assert repair(text) == text


@settings(deadline=None)
@given(st.text(st.sampled_from('abcæøåäöÆØÅÄÖ ,.\n{}":'), max_size=100))
def test_proper_nordic_text_is_never_changed(text: str):
    assert repair(text) == text


@pytest.mark.parametrize("declared", ["windows252", "cp252", "x-cp-9999", "win 125", "ansi-9999"])
def test_a_code_page_that_does_not_exist_is_guessed_around(declared: str) -> None:
    assert decode("Blåbær".encode("cp1252"), declared) == "Blåbær"
