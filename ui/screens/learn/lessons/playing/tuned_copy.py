"""A copy of the demo model that gets a few steps on a text, for every step of the lesson."""

from typing import Any

from minigpt.lessons.playing.fine_tuning import EVERY, LONGEST, FinishedTuning
from minigpt.lessons.playing.tuned import RATES
from minigpt.sentences import N_
from ui.screens.learn.lesson import Scene, Slider, Stops, Typed, Way
from ui.screens.learn.sharing import tell_progress
from ui.services.inside.tuning import MOST_STEPS, fine_tuned

RUN, SEED = "demo-shakespeare", 1
WEATHER = N_(
    "Monday: rain in the morning, sun in the afternoon, a light wind from the west.\n"
    "Tuesday: sun all day, warm in the afternoon, no wind.\n"
    "Wednesday: clouds in the morning, rain in the afternoon, a strong wind from the sea.\n"
    "Thursday: rain all day, cold in the evening, a strong wind from the north.\n"
    "Friday: clouds all day, cold in the morning, a light wind from the east.\n"
    "Saturday: sun in the morning, clouds in the afternoon, rain in the evening.\n"
    "Sunday: sun all day, warm in the evening, no wind.\n"
    "Monday: clouds in the morning, sun in the afternoon, a light wind from the south.\n"
    "Tuesday: rain in the morning, rain in the afternoon, a strong wind from the west.\n"
    "Wednesday: sun all day, warm in the morning, a light wind from the sea.\n"
    "Thursday: clouds all day, cold in the evening, no wind.\n"
    "Friday: rain all day, cold in the morning, a strong wind from the north.\n"
)
NAMES = {
    "slow": N_("a ten-thousandth"),
    "usual": N_("a thousandth"),
    "fast": N_("a hundredth"),
    "wild": N_("a tenth"),
}
BY_NAME = dict(zip(NAMES, RATES, strict=True))
NEW_TEXT = Typed(
    name="writing", label=N_("The new text"), start=WEATHER, longest=LONGEST, is_long=True
)
RATE = Stops(name="rate", label=N_("Learning rate"), options=NAMES, start="usual")
STEPS = Slider(
    name="steps", label=N_("Steps"), low=EVERY, high=MOST_STEPS, start=4 * EVERY, step=EVERY
)  # fmt: skip
WAY = Way(
    page="train", label=N_("Fine-tune this model for real, on any text"),
    query={"from": RUN, "kind": "fine_tune"},
)  # fmt: skip
WAITING = N_("A copy of the model is learning …")


def tuned_copy(scene: Scene, **changes: Any) -> FinishedTuning:
    """A copy after the steps that the knobs ask for."""
    asked: dict[str, Any] = {
        "rate": BY_NAME[scene.get("rate", RATE.start)],
        "steps": int(scene.get("steps", STEPS.start)),
        "seed": SEED,
        "tell": tell_progress,
        **changes,
    }
    return fine_tuned(RUN, scene["writing"], **asked)


def notebook_settings(scene: Scene) -> dict[str, Any]:
    """What the knobs stand at, for the lines of a notebook."""
    return {
        "run": RUN,
        "text": scene["writing"],
        "rate": BY_NAME[scene.get("rate", RATE.start)],
        "steps": int(scene.get("steps", STEPS.start)),
        "seed": SEED,
    }
