"""What to train: strategies, encoders, seeds, how to test, expert settings, and what it costs."""

from collections.abc import Mapping, Sequence

import streamlit as st

from backend.figures import theme, wording
from backend.workflows import training
from backend.workflows.training import Choice, Choices, Plan
from backend.workflows.workspace import open_workspace
from pages.components import blending, forms, state, tuning
from pages.components.boundary import boundary
from pages.components.markup import plain
from pages.components.words import explain

_MODELS = ("ease", "bpr", "fused")
_FUSIONS = ("early_concat", "late", "hybrid", "gated")
_LEFT_OUT = "none"
_SPLITS = {
    "given": "As given with the data",
    "random": "At random per person",
    "temporal": "Each person's last",
    "global_time": "Everything after one moment",
    "cold_items": "New items, never seen in training",
}
_OBJECTIVES = {
    "ranking": "Rank what people choose",
    "rating": "Predict ratings",
    "ctr": "Predict clicks",
}


def form(dataset_id: str) -> None:
    """The whole form with its one primary action."""
    choices = training.choices(open_workspace(), dataset_id)
    st.subheader("What to compare", anchor=False)
    models = _chips("Models", "models", choices.models, _MODELS, explain("model"))
    chosen = [choice for choice in choices.models if choice.name in models]
    fusions: tuple[str, ...] = ()
    if any(choice.takes_fusion for choice in chosen):
        fusions = _chips(
            "Fusion strategies", "fusions", choices.fusions, _FUSIONS, explain("fusion")
        )
    blended: dict[str, object] = {}
    if any(choice.takes_members for choice in chosen):
        blended = blending.members(dataset_id)
    own = [choice for choice in chosen if not choice.takes_members]
    read = encoders(choices) if any(choice.reads_content for choice in own) else {}
    _own_reading(own, read)
    count = st.number_input(
        "Repetitions", 1, 10, 1, key="seeds", help=explain("seed"), width="stretch"
    )
    objective, split, positive = _protocol(choices)
    plan = Plan(
        dataset_id=dataset_id,
        models=models,
        fusions=fusions,
        encoders=read,
        objective=objective,
        split=split if own else "",
        positive=positive,
        settings={**_settings(choices, own, fusions), **blended},
        seeds=tuple(range(int(count))),
    )
    _start(plan)
    tuning.offer(plan)


def _own_reading(chosen: Sequence[Choice], read: Mapping[str, str]) -> None:
    """Says which models do not take the encoders that are chosen above."""
    titles = [choice.title for choice in chosen if choice.learns_to_read]
    if titles and read:
        st.caption(
            f"{plain(' and '.join(titles))} learns to read pictures and texts by itself. The "
            "encoders chosen here are for the other models; what is left out, it leaves out too.",
        )


def _start(plan: Plan) -> None:
    if not plan.models:
        st.info("Choose at least one model.", icon=":material/touch_app:")
    with boundary():
        runs = 0
        if plan.models:
            cost = training.estimate(open_workspace(), plan)
            runs = cost.runs
            st.caption(
                f"{cost.runs} run{'s' if cost.runs != 1 else ''}, about "
                f"{wording.duration(cost.seconds)}. Basis: {plain(cost.basis)}."
                + (f" Needs about {wording.memory(cost.memory)} of memory." if cost.memory else "")
            )
        label = f"Start {runs} run{'s' if runs != 1 else ''}" if runs else "Start"
        if st.button(
            label,
            type="primary",
            icon=":material/play_arrow:",
            width="stretch",
            disabled=not runs,
            key="start_runs",
        ):
            training.start(open_workspace(), plan)
            st.toast("Queued. You can close the browser; training goes on.")
            st.rerun()


def _chips(
    label: str, name: str, options: Sequence[Choice], default: Sequence[str], help: str | None
) -> tuple[str, ...]:
    titles = {choice.name: choice.title for choice in options}
    sentences = [f"- **{plain(c.title)}**: {plain(c.summary)}" for c in options]
    return state.pick_many(
        label,
        name,
        [choice.name for choice in options],
        default=default,
        titles=titles,
        chips=True,
        help="\n".join([help or "", "", *sentences]),
    )


def encoders(choices: Choices) -> dict[str, str]:
    """One selection per modality; what is left out is not in the answer."""
    found: dict[str, str] = {}
    for modality, options in choices.encoders.items():
        titles = {choice.name: choice.title for choice in options} | {_LEFT_OUT: "Leave out"}
        names = [choice.name for choice in options]
        picked = st.selectbox(
            f"{theme.player_title(modality)} encoder",
            [_LEFT_OUT, *names] if modality in choices.optional else [*names, _LEFT_OUT],
            format_func=_of(titles),
            key=f"encoder_{modality}",
            help="\n".join(
                [
                    explain("encoder") or "",
                    "",
                    *(f"- **{plain(c.title)}**: {plain(c.summary)}" for c in options),
                ]
            ),
        )
        if picked != _LEFT_OUT:
            found[modality] = picked
    return found


def _protocol(choices: Choices) -> tuple[str, str, str | None]:
    with st.expander("How to test", icon=":material/science:"):
        objective = choices.objectives[0]
        if len(choices.objectives) > 1:
            objective = st.selectbox(
                "Task", choices.objectives, format_func=_of(_OBJECTIVES), key="objective"
            )
        split = held_out(choices)
        positive = liked(choices) if objective == "ranking" else None
    return objective, split, positive


def held_out(choices: Choices) -> str:
    """The split."""
    return st.selectbox(
        "Held out for testing",
        choices.splits,
        format_func=_of(_SPLITS),
        key="split",
        help=explain("split"),
    )


def liked(choices: Choices) -> str | None:
    """Which ratings are positives; None where the data have none."""
    if not choices.default_positive:
        return None
    return st.text_input(
        "What counts as liked",
        choices.default_positive,
        key="positive",
        help="Which ratings count as a hit. Example: rating>=4.",
    )


def _settings(
    choices: Choices, chosen: Sequence[Choice], fusions: Sequence[str]
) -> dict[str, object]:
    owners = {"Training": choices.training}
    owners |= {choice.title: choice.settings for choice in chosen}
    owners |= {c.title: c.settings for c in choices.fusions if c.name in fusions}
    changed: dict[str, object] = {}
    with st.expander("Expert settings", icon=":material/tune:"):
        st.caption("Each setting goes to every chosen model that has it.")
        for owner, specs in forms.merged(owners).items():
            st.markdown(f"**{plain(owner)}**")
            changed |= forms.fields(specs, owner.lower().replace(" ", "_"))
    if changed:
        st.caption("Changed: " + ", ".join(plain(forms.title(name)) for name in changed))
    return changed


def _of(titles: Mapping[str, str]):  # type: ignore[no-untyped-def]
    return lambda option: titles.get(option, str(option))
