"""Every template says what it should in every language, and lets no value bring markup or promises."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from html import escape
from pathlib import Path

import pytest
from replies.pages import words_of

from triage.domain import Language
from triage.replies.letter import Asked, Given, bare_sample, full_sample
from triage.replies.rendering import TEMPLATES, Templates, check
from triage.replies.wording import Promises

FOLDER = Path(__file__).parent.parent.parent / "templates"
LANGUAGES = tuple(Language)
FILES = sorted(FOLDER.rglob("*.md"))
PROMISES = Promises.load(FOLDER)


def shape(file: Path, language: str) -> list[str]:
    """What a template does apart from its words: values, conditions, includes of its own language, list signs."""
    text = file.read_text(encoding="utf-8").replace(f".{language}.md", ".md")
    return re.findall(r"{{.*?}}|{%.*?%}|^-|\n\n", text, re.MULTILINE)


@pytest.fixture(scope="module")
def templates() -> Templates:
    return Templates(FOLDER)


def test_the_shipped_templates_are_sound():
    assert check(FOLDER, LANGUAGES) == ()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", TEMPLATES)
def test_text_and_html_say_the_same(templates: Templates, name: str, language: Language):
    for letter in (full_sample(language), bare_sample()):
        rendered = templates.render(name, language, letter)
        plain = [word for word in rendered.text.split() if word != "-"]
        assert words_of(rendered.html) == plain


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(FOLDER).as_posix())
def test_no_template_promises_a_time_or_an_outcome(file: Path):
    language = Language(file.name.split(".")[1])
    assert list(PROMISES.found(file.read_text(encoding="utf-8"), language)) == []


@pytest.mark.parametrize(
    ("language", "promise"),
    [
        (Language.EN, "We will fix it."),
        (Language.EN, "You get an answer within a minute."),
        (Language.NO, "Dere får svar i løpet av to virkedager."),
        (Language.NO, "Vi løser saken så fort vi kan."),
        (Language.DA, "Vi svarer inden weekenden."),
        (Language.DA, "Vi garanterer, at det virker."),
        (Language.SV, "Vi återkommer snarast."),
        (Language.SV, "Vi garanterar att det fungerar."),
        (Language.FI, "Asia hoituu tunnin sisällä."),
        (Language.FI, "Lupaamme, että se toimii."),
    ],
)
def test_a_promise_is_known_in_every_language(language: Language, promise: str):
    assert list(PROMISES.found(promise, language))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(FOLDER).as_posix())
def test_a_template_has_the_same_values_and_conditions_in_every_language(file: Path):
    name, language, _ = file.name.split(".")
    english = file.with_name(f"{name}.en.md")
    assert shape(file, language) == shape(english, "en")


def test_every_template_exists_in_every_language():
    there = {tuple(file.relative_to(FOLDER).as_posix().split(".")[:2]) for file in FILES}
    assert there == {(name, language) for name, _ in there for language in LANGUAGES}


def test_a_paragraph_for_a_topic_stands_in_its_pointer_in_every_language(templates: Templates):
    for file in FOLDER.glob("topics/*.md"):
        topic, language, _ = file.name.split(".")
        paragraph = file.read_text(encoding="utf-8").splitlines()[-1]
        assert paragraph in templates.render("redirect", Language(language), replace(bare_sample(), topic=topic)).text


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_reply_carries_its_number(templates: Templates, name: str):
    for language in LANGUAGES:
        assert "VSD-12345" in templates.render(name, language, bare_sample()).text


def test_a_value_from_a_mail_can_bring_no_markup(templates: Templates):
    evil = "<script>x</script> [click](https://evil.example) **bold** `c` {{ 7*7 }} <img src=x onerror=y>\n# big"
    letter = replace(full_sample(Language.EN), given=(Given("MSN", evil),), asked=(Asked("orderId", evil),))
    rendered = templates.render("request_info", Language.EN, letter)
    assert "<script>" not in rendered.html
    assert "<img" not in rendered.html
    assert 'href="https://evil.example"' not in rendered.html
    assert "<h1>" not in rendered.html
    assert "&lt;script&gt;" in rendered.html
    assert "{{ 7*7 }}" in rendered.text


def test_values_stand_in_their_places_though_the_words_around_them_were_read_before(templates: Templates):
    letters = [
        replace(bare_sample(), number=f"VSD-{turn}", given=tuple(Given(f"field {n}", f"<{turn}%s>") for n in range(2)))
        for turn in (7, 8)
    ]
    for letter in letters:
        html = templates.render("acknowledge", Language.EN, letter).html
        assert html.count(f'<span class="number">{letter.number}</span>') >= 1
        assert [f"field {n}: {escape(letter.given[n].value)}" in html for n in range(2)] == [True, True]


def test_a_value_may_be_part_of_a_link(copy: Path):
    (copy / "review.en.md").write_text("[{{ about.label }}]({{ about.link }}) is 100 % for {{ desk }}\n")
    letter = replace(bare_sample(), desk="*us*")
    html = Templates(copy).render("review", Language.EN, letter).html
    assert '<p><a href="https://www.shop.example/">L</a> is 100 % for *us*</p>' in html


def test_a_value_in_code_shows_no_signs_of_ours(copy: Path):
    (copy / "review.en.md").write_text("Call `{{ desk }}`\n")
    html = Templates(copy).render("review", Language.EN, replace(bare_sample(), desk="a_b <c>")).html
    assert "<code>a_b &lt;c&gt;</code>" in html


def test_links_in_the_html_part_can_be_clicked(templates: Templates):
    html = templates.render("redirect", Language.NO, bare_sample()).html
    assert '<a href="https://www.shop.example/">https://www.shop.example/</a>' in html


def test_the_page_names_its_language(templates: Templates):
    assert '<html lang="no">' in templates.render("review", Language.NO, bare_sample()).html


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(FOLDER, tmp_path / "templates")
    return tmp_path / "templates"


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ("Hi\n{{ nummber }}\n", "review.en.md:2:1: 'nummber' is undefined"),
        ("Hi\n\n{% if number %}\n", "review.en.md:3:1: Unexpected end of template"),
        ("Hi {{ about.titel }}\n", "review.en.md:1:1: "),
        ("Hi {{ ''.__class__.__mro__ }}\n", "review.en.md:1:1: "),
        ("", "review.en.md:1:1: this template says nothing"),
        (
            "Hi\n\nYou hear from us within\n24 hours.\n",
            'review.en.md:3:18: "within 24 hours" promises a time; leave it out',
        ),
        ("Hi, we will mend it.\n", 'review.en.md:1:5: "we will" promises an outcome; leave it out'),
        ("Hi\nSee https://www.shop.example/help\n", "review.en.md:2:5: 'https://www.shop.example/help' is an address"),
        ("Hi, write to help@shop.example\n", "review.en.md:1:14: 'help@shop.example' is an address"),
    ],
)
def test_a_broken_template_is_refused_with_its_line(copy: Path, broken: str, says: str):
    (copy / "review.en.md").write_text(broken, encoding="utf-8")
    (problem,) = check(copy, (Language.EN,))
    assert str(problem).startswith(f"{copy}/{says}")


def test_a_missing_template_is_named_with_what_needs_it(copy: Path):
    (copy / "parts" / "closing.en.md").unlink()
    found = [str(problem) for problem in check(copy, (Language.EN,))]
    assert f"{copy}/parts/closing.en.md:1:1: this file does not exist, and redirect.en.md needs it" in found


def test_a_missing_template_that_nothing_includes_is_named_once(copy: Path):
    (copy / "review.en.md").unlink()
    (problem,) = check(copy, (Language.EN,))
    assert str(problem) == f"{copy}/review.en.md:1:1: this file does not exist; write it"


def test_a_misspelt_name_in_a_paragraph_for_a_topic_is_refused(copy: Path):
    (copy / "topics" / "partner.en.md").write_text("See {{ about.lnk }}\n", encoding="utf-8")
    (problem,) = check(copy, (Language.EN,))
    assert str(problem).startswith(f"{copy}/topics/partner.en.md:1:1: ")


def test_a_comment_may_speak_of_time(copy: Path):
    (copy / "review.en.md").write_text("{# Goes out within\na day. #}\nHi {{ number }}\n", encoding="utf-8")
    assert check(copy, (Language.EN,)) == ()


def test_a_language_without_words_of_promise_is_refused(copy: Path):
    text = (copy / "promises.yaml").read_text(encoding="utf-8")
    (copy / "promises.yaml").write_text(text[: text.index("  fi:")], encoding="utf-8")
    (problem,) = check(copy, (Language.FI,))
    assert str(problem) == f"{copy}/promises.yaml:1:1: it has no words for 'fi'; add them"
