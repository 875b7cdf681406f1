from ui.session import answers
from ui.session.answers import AnswerBook


def test_answers_are_found_again_after_a_reload_and_belong_to_one(become):
    become("browser-a")
    answers.keep_answer("tokens", "alphabet", 70.0)
    answers.keep_reason("tokens", "alphabet", "few letters")
    become("browser-b")
    assert answers.answer_to("tokens", "alphabet") is None
    become("browser-a")
    found = answers.answer_to("tokens", "alphabet")
    assert (found.guess, found.why) == (70.0, "few letters")


def test_those_who_are_not_known_share_nothing(become):
    become(answers.UNKNOWN_VISITOR)
    answers.keep_answer("tokens", "alphabet", None)
    assert answers.answer_to("tokens", "alphabet").guess is None
    become(answers.UNKNOWN_VISITOR)
    assert answers.answer_to("tokens", "alphabet") is None


def test_a_reason_is_short_and_needs_an_answer(become):
    become("browser-a")
    answers.keep_reason("tokens", "alphabet", "too early")
    assert answers.answer_to("tokens", "alphabet") is None
    answers.keep_answer("tokens", "alphabet", 1.0)
    answers.keep_reason("tokens", "alphabet", "x" * 10_000)
    assert len(answers.answer_to("tokens", "alphabet").why) == answers.LONGEST_REASON
    answers.forget_answer("tokens", "alphabet")
    assert answers.answers() == {}


def test_of_those_who_said_as_little_who_was_seen_longest_ago_is_forgotten():
    book = AnswerBook(most=2)
    for visitor in ("a", "b", "a", "c"):
        found = book.of(visitor)
        found[visitor] = found.get(visitor) or answers.Answer(guess=1.0)
    assert set(book.of("a")) == {"a"}
    assert book.of("b") == {}


def test_many_who_only_look_do_not_push_out_who_answered():
    book = AnswerBook(most=2)
    book.of("class")["x"] = answers.Answer(guess=1.0)
    for number in range(10):
        assert book.of(f"passing-{number}") == {}
    assert set(book.of("class")) == {"x"}


def test_what_was_begun_is_no_answer_and_ends_with_it(become):
    become("browser-a")
    answers.keep_begun("shannon", "play", "e" * 5000, {"passage": 3})
    found = answers.begun_answer("shannon", "play")
    assert (len(found.guess), found.scene) == (answers.LONGEST_GUESS, {"passage": 3})
    assert answers.answer_to("shannon", "play") is None
    answers.forget_answer("shannon", "play")
    assert answers.begun_answer("shannon", "play") is None
