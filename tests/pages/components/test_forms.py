from dataclasses import dataclass

from models.config import Config, setting
from pages.components import forms


def _specs() -> dict[str, tuple[forms.Spec, ...]]:
    @dataclass(frozen=True, kw_only=True)
    class Training(Config):
        epochs: int = setting(10, help="Passes.", low=1, high=100)
        learning_rate: float = setting(0.001, help="Step.")

    @dataclass(frozen=True, kw_only=True)
    class Model(Config):
        epochs: int = setting(10, help="Passes.")
        dim: int = setting(64, help="Width.")

    return {"Training": Training.settings(), "Model": Model.settings()}


def test_a_setting_of_several_owners_is_asked_once() -> None:
    merged = forms.merged(_specs())
    assert {owner: [spec.name for spec in specs] for owner, specs in merged.items()} == {
        "Training": ["epochs", "learning_rate"],
        "Model": ["dim"],
    }


def test_names_and_defaults_are_words() -> None:
    assert forms.title("learning_rate") == "Learning rate"
    assert [forms.written(value) for value in (True, False, 0.001, 64, "", "cosine")] == [
        "yes",
        "no",
        "0.001",
        "64",
        "empty",
        "cosine",
    ]
