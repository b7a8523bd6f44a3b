"""Area of the fit: the cell model with all that can be asked of it, and what its fit says of the memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from gui.app import transitions
from gui.app.area import ActionSpec, DockSpec, Layout, Menu, ProtocolText, Side
from gui.app.fit_state import FitStage
from gui.app.rules import Command, Permission, allowed, fitted_runs
from gui.app.state import Page
from gui.common.language import tr
from gui.common.trace_view import View
from gui.common.widgets import panel
from gui.fit.circuit_model import known_elements, view_circuit
from gui.fit.fit_wish import FitKind, FitWish, circuits_in
from gui.fit.model_panel import FitPanel
from gui.services.fits import Fits, run_file_of
from gui.services.saved_traces import SavedTraces

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gui.app.area import Context
    from gui.app.fit_state import Fit
    from gui.app.state import AppState
    from gui.common.theme import Colours
    from gui.fit.answers import Answer, StudyAnswer
    from gui.fit.result_model import ShownFit
    from gui.fit.result_page import MemoryPage


def _may_fit(state: AppState) -> Permission:
    return allowed(state)[Command.FIT]


def _may_compare(state: AppState) -> Permission:
    reason = _may_fit(state).reason
    return Permission(reason or ("" if len(fitted_runs(state)) > 1 else tr("Open several runs first.")))


class FitArea(QObject):
    """The docks "Cell model" and "Memory".

    Parameters
    ----------
    context : Context
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context.parent)
        self._context = context
        self._store, self._jobs, self._exchange = context.store, context.jobs, context.exchange
        self._fits = Fits(context.parent)
        self._traces = SavedTraces(context.parent)
        self._panel = FitPanel()
        self._page: MemoryPage | None = None
        self._runs: tuple[Path, ...] = ()
        self._connect()
        sides = dict.fromkeys(Layout, Side.LEFT)
        centre = dict.fromkeys(Layout, Side.CENTRE)
        self._docks = (
            DockSpec("model", "Cell model", panel(self._panel), sides),
            DockSpec("memory", "Memory", self._memory, centre),
        )
        self._exchange.painted.connect(self._ask_elements)

    def _ask_elements(self) -> None:
        """Ask for the elements of circuits, and what is known of the first one: to import who knows takes 0.3 s."""
        self._look_at_circuit(self._panel.model.circuit())
        self._jobs.do(known_elements, self._panel.set_elements, self._report)

    def _connect(self) -> None:
        actions, exchange, view = self._context.actions, self._exchange, self._panel
        actions[Command.FIT].triggered.connect(lambda: view.ask(FitKind.CIRCUIT))
        actions[Command.CANCEL_FIT].triggered.connect(self._cancel)
        view.wanted.connect(self._want)
        view.unwanted.connect(self._cancel)
        view.keep_wanted.connect(self._keep_statements)
        view.circuit_asked.connect(self._look_at_circuit)
        exchange.zoom_wanted.connect(self._zoom_to)
        exchange.zoom_out_wanted.connect(self._zoom_out)
        exchange.comparison_wanted.connect(self._compare)
        exchange.dock_raised.connect(self._note_page)
        self._traces.traced.connect(lambda traces: self._memory().show_traces(traces))
        self._traces.failed.connect(exchange.message)
        self._fits.documented.connect(self._read_answer)
        self._fits.failed.connect(self._fail)

    def _memory(self) -> MemoryPage:
        """Return the page of the result, made when it is first needed."""
        if self._page is None:
            from gui.fit.result_page import MemoryPage

            self._page = MemoryPage()
            self._connect_page(self._page)
        return self._page

    def _connect_page(self, page: MemoryPage) -> None:
        view = self._panel
        page.cancel_wanted.connect(self._cancel)
        page.option_wanted.connect(self._want_with)
        page.families.wanted.connect(self._rank)
        page.diagnosis.wanted.connect(lambda: view.ask(FitKind.DIAGNOSE))
        page.diagnosis.together_wanted.connect(lambda: view.ask(FitKind.DIAGNOSE_TOGETHER))
        page.diagnosis.offer_together(of_several=len(self._runs) > 1)
        page.other.wanted.connect(lambda _text: view.ask(FitKind.SPECTRUM))
        page.profile.wanted.connect(lambda name: view.ask(FitKind.PROFILE, profiled=name))
        page.kept.chosen.connect(self._show_kept)
        page.why.experiment_wanted.connect(self._open_experiment)
        page.curves.zoomed.connect(self._zoomed)
        page.curves.edge_chosen.connect(lambda edge: self._traces.set_view(View(edge)))
        page.curves.zoom_out_wanted.connect(self._exchange.zoom_out_wanted)

    @property
    def _shown(self) -> ShownFit | None:
        return None if self._page is None else self._page.shown

    def _report(self, error: Exception) -> None:
        self._exchange.message.emit(str(error))

    def _note_page(self, dock: str) -> None:
        if dock == "memory":
            self._store.apply(transitions.page_shown, Page.MEMORY)

    # -- circuits -----------------------------------------------------------------------------------------------------

    def _look_at_circuit(self, text: str) -> None:
        self._jobs.do(lambda: view_circuit(text), self._panel.show_circuit, self._report)

    # -- fits ---------------------------------------------------------------------------------------------------------

    def _want(self, wish: FitWish) -> None:
        """Fit what was asked for, in a child process."""
        state = self._store.state
        permission = _may_compare(state) if wish.is_of_several and wish.kind is not FitKind.TABLE else _may_fit(state)
        if not permission.granted:
            self._exchange.message.emit(permission.reason)
            return
        runs = fitted_runs(state) if wish.is_of_several else fitted_runs(state)[:1]
        self._panel.show_wish(wish)
        self._store.apply(transitions.fit_started, wish.title, wish, datetime.now().astimezone())
        wanted, folder = self._store.state.fit, self._context.folder
        self._jobs.do(
            lambda: [run_file_of(one, folder) for one in runs],
            lambda places: self._start(wanted, runs, places),
            lambda error: self._fail(str(error)),
        )

    def _start(self, wanted: Fit, runs: Sequence[Path], places: Sequence[tuple[Path, bool]]) -> None:
        if self._store.state.fit is not wanted:
            return
        imports = [
            ("import", str(text), "--output", str(target), "--json")
            for text, (target, is_there) in zip(runs, places, strict=True)
            if not is_there
        ]
        as_they_are = wanted.wish.of_spectra().arguments(runs) if imports else ()
        self._fits.start(imports, wanted.wish.arguments([target for target, _ in places]), as_they_are)

    def _want_with(self, option: str) -> None:
        """Fit what is shown, with an option that a diagnosis has named."""
        shown = self._shown
        wish = self._panel.wish()
        if shown is not None:
            wish = replace(wish, circuit=shown.headline)
        found = wish.with_option(option)
        if found is None:
            self._exchange.message.emit(tr("{option}: this is advice, and no option of a fit.").format(option=option))
        else:
            self._want(found)

    def _rank(self, circuits: str) -> None:
        """Rank the circuits that stand in the box, with commas or spaces between them."""
        self._panel.ask(FitKind.RANK, families=circuits_in(circuits))

    def _compare(self, runs: Sequence[Path]) -> None:
        self._store.apply(transitions.runs_opened, tuple(runs))
        self._panel.ask(FitKind.COMPARE)

    def _cancel(self) -> None:
        if allowed(self._store.state)[Command.CANCEL_FIT].granted:
            self._fits.end()
            self._store.apply(transitions.fit_ended, FitStage.CANCELLED)

    def _fail(self, why: str) -> None:
        if self._store.state.fit.stage is FitStage.FITTING:
            self._store.apply(transitions.fit_ended, FitStage.FAILED, why)

    def _read_answer(self, document: dict[str, Any]) -> None:
        from gui.fit.answers import answer_of

        wanted = self._store.state.fit

        def show(answer: Answer) -> None:
            if self._store.state.fit is wanted:
                self._store.apply(transitions.fit_ended, FitStage.DONE)
                self._show_answer(answer)

        self._jobs.do(lambda: answer_of(wanted.wish, document), show, lambda error: self._fail(str(error)))

    def _show_answer(self, answer: Answer) -> None:
        from gui.fit.answers import FamiliesAnswer, OtherAnswer, StudyAnswer
        from gui.fit.documents import DiagnosisView, ProfileView, SeveralView

        page = self._memory()
        if isinstance(answer, StudyAnswer):
            self._show_study(answer)
        elif isinstance(answer, FamiliesAnswer):
            page.show_families(answer.listing)
        elif isinstance(answer, DiagnosisView):
            page.show_diagnosis(answer)
        elif isinstance(answer, ProfileView):
            page.show_profile(answer)
        elif isinstance(answer, SeveralView):
            page.show_several(answer)
        elif isinstance(answer, OtherAnswer):
            page.show_other(answer.listing)

    def _show_kept_study(self, answer: StudyAnswer) -> None:
        """Show a fit that was made before, with its circuit in the box."""
        if answer.fit is not None:
            self._panel.model.set_circuit(answer.fit.headline)
        self._show_study(answer)

    def _show_study(self, answer: StudyAnswer) -> None:
        fit = answer.fit
        if fit is not None:
            before = self._shown
            self._memory().show_fit(fit)
            self._panel.remember(fit.headline)
            self._panel.set_fitted({one.key: one.value for one in fit.parameters})
            if before is None or before.path != fit.path:
                self._traces.open(fit.path)
        if answer.kept is not None or self._page is not None:
            self._memory().show_kept(answer.kept)

    def _show_kept(self, circuit: str) -> None:
        """Show another one of the fits that are kept of the run."""
        from gui.fit.answers import kept_answer

        shown = self._shown
        if shown is not None:
            self._jobs.do(lambda: kept_answer(shown.path, circuit), self._show_kept_study, self._report)

    def _load_kept(self, runs: tuple[Path, ...]) -> None:
        """Show the newest fit that is kept of a run, if there is any; what is being typed stays."""
        folder, typed = self._context.folder, self._panel.model.circuit()

        def read() -> StudyAnswer:
            from gui.fit.answers import StudyAnswer, kept_answer  # with arrays: the window paints before they are there

            path, is_there = run_file_of(runs[0], folder)
            return kept_answer(path) if is_there else StudyAnswer(None, None)

        def show(answer: StudyAnswer) -> None:
            if runs == self._runs and self._store.state.fit.stage is FitStage.NONE:
                is_typing = self._panel.model.circuit() != typed
                (self._show_study if is_typing else self._show_kept_study)(answer)

        self._jobs.do(read, show, self._report)

    # -- statements and experiments -----------------------------------------------------------------------------------

    def _keep_statements(self, wish: FitWish) -> None:
        """Keep what the forms say beside the run, as `ionecho note` does."""
        shown, runs = self._shown, self._runs
        path = shown.path if shown is not None else runs[0] if runs else None
        if path is None:
            self._exchange.message.emit(tr("Open a run first."))
            return
        stated = {name: getattr(wish.record, name) for name in ("before", "edges", "control")} | vars(wish.sample)
        words = [word for name, text in stated.items() if text for word in (f"--{name.replace('_', '-')}", text)]
        kept = tr("Kept with {run}: {words}").format(run=path.name, words=" ".join(words))
        self._fits.run(
            "The note",
            ("note", str(path), *words, "--json"),
            lambda _document: self._exchange.message.emit(kept),
            self._exchange.message.emit,
        )

    def _open_experiment(self, number: int) -> None:
        """Open an experiment that would decide as a protocol in the editor."""
        shown = self._shown
        if shown is None:
            return

        def make() -> ProtocolText:
            from gui.fit.result_model import experiment_protocol

            return ProtocolText(*experiment_protocol(shown.path, shown.headline, number))

        self._jobs.do(make, self._exchange.protocol_wanted.emit, self._report)

    # -- zoom ---------------------------------------------------------------------------------------------------------

    def _zoomed(self, low: float, high: float) -> None:
        self._traces.set_view(View(window_s=(low, high)))
        if not self._store.state.opened:
            self._exchange.zoom_wanted.emit(low, high)

    def _zoom_to(self, low: float, high: float) -> None:
        curves = None if self._page is None else self._page.curves
        if curves is not None and curves.is_built and not curves.isVisible():
            curves.plots.zoom_to(low, high)
            self._traces.set_view(View(window_s=(low, high)))

    def _zoom_out(self) -> None:
        if self._page is not None and self._page.curves.is_built:
            self._page.curves.plots.zoom_out()
        self._traces.set_view(View())

    # -- area ---------------------------------------------------------------------------------------------------------

    def docks(self) -> Sequence[DockSpec]:
        """Return the docks of the model and of the result."""
        return self._docks

    def actions(self) -> Sequence[ActionSpec]:
        """Return what can be asked beside the fit of one circuit."""

        def spec(verb: str, text: str, kind: FitKind, tip: str, key: str = "") -> ActionSpec:
            of_several = {FitKind.COMPARE, FitKind.JOINT, FitKind.DIAGNOSE_TOGETHER}
            may = _may_compare if kind in of_several else _may_fit
            return ActionSpec(f"fit.{verb}", text, Menu.ANALYSE, _asking(self._panel, kind), tip, key, may)

        return [
            spec("rank", "&Rank the models", FitKind.RANK, "Which family describes the run best", "Ctrl+Shift+M"),
            spec("diagnose", "&Diagnose", FitKind.DIAGNOSE, "What explains what the fit leaves", "Ctrl+Shift+D"),
            spec("spectrum", "&Spectrum of relaxations", FitKind.SPECTRUM, "Fit without a model"),
            spec("posterior", "&Posterior", FitKind.POSTERIOR, "Sample all cells that fit"),
            spec("table", "Referee's &table", FitKind.TABLE, "Conductivities, permittivities, hop rate"),
            spec("compare", "&Compare the runs", FitKind.COMPARE, "Does the memory change with thickness or heat"),
            spec("joint", "Fit runs &together", FitKind.JOINT, "One fit of all runs that are opened"),
            spec(
                "diagnose_together",
                "Diagnose runs to&gether",
                FitKind.DIAGNOSE_TOGETHER,
                "What is wrong with each run that is opened",
            ),
        ]

    def show(self, state: AppState, before: AppState) -> None:
        """Show which runs are fitted, and how the fit stands."""
        if state.page is Page.MEMORY is not before.page:
            self._exchange.dock_wanted.emit("memory")
        runs = fitted_runs(state)
        is_new = state.run is not None and (before.run is None or before.run.number != state.run.number)
        if runs != self._runs or (is_new and not state.opened):
            self._runs = runs
            if self._page is not None:
                self._page.clear()
                self._page.diagnosis.offer_together(of_several=len(runs) > 1)
            self._traces.open(None)
            self._panel.set_subject(runs)
            if runs:
                self._load_kept(runs)
        if state.fit.stage is not FitStage.FITTING and before.fit.stage is FitStage.FITTING:
            self._fits.end()
        if state is before or state.fit != before.fit:
            self._show_stage(state.fit)
        reason = allowed(state)[Command.FIT].reason
        self._panel.set_state(reason=reason, fitting=state.fit.stage is FitStage.FITTING)

    def _show_stage(self, fit: Fit) -> None:
        if self._page is None:
            return
        text = {
            FitStage.FITTING: tr("Fitting {model} …"),
            FitStage.CANCELLED: tr("The fit of {model} was cancelled."),
            FitStage.FAILED: tr("{model} was not fitted: {problem}"),
        }.get(fit.stage, "")
        self._page.show_state(
            text.format(model=fit.model, problem=fit.problem),
            failed=fit.stage is FitStage.FAILED,
            in_progress=fit.stage is FitStage.FITTING,
        )

    def set_colours(self, colours: Colours) -> None:
        """Follow the palette."""
        self._panel.set_colours(colours)
        if self._page is not None:
            self._page.set_colours(colours)

    def close(self) -> None:
        """End the fit with the window."""
        self._fits.close()
        self._traces.close()


def _asking(view: FitPanel, kind: FitKind) -> Any:
    return lambda: view.ask(kind)
