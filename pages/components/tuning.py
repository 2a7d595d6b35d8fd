"""Searching good settings: what it costs, how far it is, what it found, and training that."""

from dataclasses import replace

import pandas as pd
import streamlit as st

from backend.figures import tuning as figures
from backend.figures import wording
from backend.workflows import training, tuning, tuning_view
from backend.workflows.training import Plan
from backend.workflows.tuning import TuningPlan
from backend.workflows.tuning_view import StrategyTrials, TuningView
from backend.workflows.workspace import open_workspace
from pages.components import charts, forms, jobs, state
from pages.components.boundary import boundary
from pages.components.cached import remember
from pages.components.markup import plain
from pages.components.words import explain

_ENDINGS = {
    "median": "below the median of the others",
    "halving": "outside the better half",
    "none": "never",
}


def offer(plan: Plan) -> None:
    """The choices above, searched instead of trained as they are."""
    with st.expander("Find good settings first", icon=":material/manage_search:"):
        st.caption(
            "Every strategy chosen above gets the same number of trials, judged on the validation "
            "part. The test part stays closed until you train what was found."
        )
        left, right = st.columns(2)
        trials = left.number_input(
            "Trials per strategy", 2, tuning.MOST_TRIALS, 20, key="trials", help=explain("trial")
        )
        pruning = right.selectbox(
            "End a trial early",
            list(_ENDINGS),
            format_func=_ENDINGS.__getitem__,
            key="pruning",
            help="A trial whose validation curve falls behind the others at the same epoch is "
            "ended, so that the time goes to those that promise more.",
        )
        with boundary():
            asked = TuningPlan(replace(plan, seeds=(0,)), int(trials), pruning)
            if not plan.models:
                st.info("Choose at least one model.", icon=":material/touch_app:")
                return
            cost = tuning.cost(open_workspace(), asked)
            st.caption(
                f"{cost.runs} trials, at most about {wording.duration(cost.seconds)}. "
                f"Basis: {plain(cost.basis)}."
            )
            if st.button(
                "Start the search", icon=":material/play_arrow:", width="stretch", key="tune_start"
            ):
                record, _ = tuning.start(open_workspace(), asked)
                state.write(search=record.id)
                st.toast("Queued. You can close the browser; the search goes on.")
                st.rerun()


def show(dataset_id: str) -> None:
    """The search that was chosen, else the newest; nothing where there is none."""
    known = tuning_view.searches(open_workspace(), dataset_id)
    if not known:
        return
    st.subheader("Settings that were searched", anchor=False)
    chosen = next(iter(known))
    if len(known) > 1:
        chosen = state.pick("Search", "search", list(known), default=chosen, titles=known)
    found = tuning_view.view(open_workspace(), chosen)
    with st.container(border=True):
        jobs.live(lambda: _draw(chosen), [chosen] if found.active else [])


def _draw(tuning_id: str) -> list[str]:
    found = tuning_view.view(open_workspace(), tuning_id)
    st.markdown(f"**{plain(_finding(found))}**")
    if found.active and found.job is not None:
        jobs.progress(found.job, named=False)
    elif found.job is not None and found.job.error:
        st.error(plain(found.job.error), icon=":material/error:")
    _actions(found)
    row = _chosen(found)
    if row is not None:
        _result(found, row)
    return [tuning_id] if found.active else []


def _finding(found: TuningView) -> str:
    best, name = found.best, wording.metric_title(found.metric)
    ended, budget = sum(row.ended for row in found.rows), sum(row.budget for row in found.rows)
    if best is None or best.best is None:
        return f"{found.name}: {ended} of {budget} trials so far"
    over = ""
    if best.default:
        change = best.best.value / best.default - 1
        over = f", {wording.percent(change, sign=True)} against its defaults" if change else ""
        over = over or ", which its defaults reach too"
    so_far = "" if found.complete else f" ({ended} of {budget} trials so far)"
    return f"{best.label}: validation {name} {wording.number(best.best.value)}{over}{so_far}"


def _actions(found: TuningView) -> None:
    with st.container(horizontal=True):
        if found.active and found.job is not None:
            if st.button("Stop", icon=":material/stop_circle:", type="tertiary", key="tune_stop"):
                training.cancel_job(open_workspace(), found.job.id)
                st.toast("It stops at its next checkpoint.")
            return
        if not found.complete and st.button(
            "Go on",
            icon=":material/replay:",
            key="tune_resume",
            help="Trials that have ended are kept; the one that was stopped goes on inside.",
        ):
            tuning.go_on(open_workspace(), found.id)
            st.rerun(scope="app")


def _chosen(found: TuningView) -> StrategyTrials | None:
    rows = {row.key: row for row in found.rows if row.trials}
    if not rows:
        return None
    best = found.best.key if found.best else next(iter(rows))
    if len(rows) == 1:
        return rows[best]
    titles = {key: row.label for key, row in rows.items()}
    key = st.selectbox(
        "Strategy",
        list(rows),
        index=list(rows).index(best),
        format_func=titles.__getitem__,
        key=f"tune_row_{found.id}",
    )
    return rows[key]


def _result(found: TuningView, row: StrategyTrials) -> None:
    early = f", {row.pruned} of them ended early" if row.pruned else ""
    spent = wording.duration(sum(trial.seconds for trial in row.trials))
    st.caption(f"{row.ended} of {row.budget} trials{early}; {spent} of training")
    if not row.settings:
        st.info("This strategy has no settings to search.", icon=":material/info:")
        return
    shape = (row, found.metric, found.higher_is_better)
    charts.show(figures.history(*shape), key="tune_history", data=True)
    if found.active:
        return
    charts.show(figures.coordinates(*shape), key="tune_coordinates", data=True)
    if found.complete:
        shares = remember(tuning_view.importance, found.id, row.key)
        charts.show(figures.importance(shares), key="tune_importance", data=True)
    if row.best is not None:
        _settings(row)
        _train(found, row)


def _settings(row: StrategyTrials) -> None:
    assert row.best is not None
    first = row.trials[0].settings
    st.dataframe(
        pd.DataFrame(
            {
                "Setting": [forms.title(name) for name in row.settings],
                "Default": [_shown(first[name]) for name in row.settings],
                "Best": [_shown(row.best.settings[name]) for name in row.settings],
            }
        ),
        hide_index=True,
        alt="The best settings beside the defaults",
    )


def _train(found: TuningView, row: StrategyTrials) -> None:
    if st.button(
        "Train with the best settings",
        type="primary",
        icon=":material/model_training:",
        key="tune_train",
        help="A normal run: it alone is evaluated on the test part.",
    ):
        tuning_view.train_best(open_workspace(), found.id, row.key)
        st.toast("Queued. It appears among the runs.")
        st.rerun(scope="app")


def _shown(value: object) -> str:
    return wording.number(float(str(value)))
