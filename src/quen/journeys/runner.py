"""One batch of journeys: from what happened to what is done about it. Pure: the same view gives the same effects.

The order matters and is the same for every batch: runs follow merged people; people's orders (publish, archive) are
carried out; then occurrences in their order start and end runs; then runs whose time has come go on, earliest first.
Whoever is in a run's exit segment leaves before any step is taken.
"""

from __future__ import annotations

from collections import defaultdict

import msgspec

from quen.journeys.effects import (
    BatchView,
    Done,
    Effects,
    Execution,
    LiveVersion,
    Occurrence,
    Outgoing,
    Past,
    Run,
    SystemEvent,
    Timer,
    TraitWrite,
)
from quen.journeys.entering import Candidate, Triggers, survivor
from quen.journeys.graph import MAX_STEPS, entry_key
from quen.journeys.steps import step_kinds
from quen.journeys.steps.base import Outcome, StepContext

EXIT_WHEN = "exit_when"
# Why a run ended; the page has words for each.
FINISHED, EXIT_RULE, EXIT_EVENT, EXIT_STEP = "finished", "exit_rule", "exit_event", "exit_step"
MERGED, STEP_REMOVED = "merged", "step_removed"
LEFT = "left"  # outcome of a wait that the run's end cut short
_encode = msgspec.json.Encoder().encode


def advance(view: BatchView) -> Effects:
    """All that this batch changes."""
    return _Advance(view).effects()


class _Advance:
    """The working state of one batch: copies of the rows, and what has become of them."""

    def __init__(self, view: BatchView) -> None:
        self.view = view
        self.now = view.batch.now
        self.new_id = view.batch.new_id
        self.merged = view.batch.merged
        self.runs = {run_id: _copy(run) for run_id, run in sorted(view.runs.items())}
        self.timers = dict(view.timers)
        self.fresh_timers: dict[int, Timer] = {}
        self.visits = {run_id: dict(visits) for run_id, visits in view.visits.items()}
        self.past = {key: Past(past.entries, past.last_entered_at) for key, past in view.past.items()}
        self.versions = dict(view.versions) | {version.version_id: version for version in view.starting}
        self.changed: dict[int, Run] = {}
        self.new: dict[int, Run] = {}
        self.done = Effects(went_live=list(view.went_live), settled=list(view.settled))
        self.triggers = Triggers(view.starting)
        self.of_person: dict[int, list[int]] = defaultdict(list)
        self.active: dict[tuple[int, int, str], int] = {}

    def effects(self) -> Effects:
        self._follow_merges()
        for run in self.runs.values():
            self._index(run)
        self._obey_orders()
        self._see_occurrences()
        self._wake_due()
        self.done.timers = list(self.fresh_timers.values())
        self.done.new_runs = list(self.new.values())
        self.done.changed_runs = [run for run_id, run in self.changed.items() if run_id not in self.new]
        return self.done

    # merges

    def _follow_merges(self) -> None:
        """Runs go over to the survivor. Of two that are now the same one, the younger ends."""
        if not self.merged:
            return
        everyone = sorted([*self.runs.values(), *map(_copy, self.view.ended)], key=lambda run: (run.entered_at, run.id))
        entries: dict[tuple[int, int, str], int] = defaultdict(int)
        oldest: dict[tuple[int, int, str], int] = {}
        for run in everyone:
            if run.profile_id not in self.merged:
                key = (run.journey_id, run.profile_id, run.entry_key)
                entries[key] = max(entries[key], run.entry)
        for run in everyone:
            moved = run.profile_id in self.merged
            key = (run.journey_id, survivor(run.profile_id, self.merged), run.entry_key)
            if moved:
                entries[key] += 1
                run.profile_id, run.entry = key[1], entries[key]
                self.changed[run.id] = run
            if run.status == "active":
                first = oldest.setdefault(key, run.id)
                if first != run.id:
                    self._end(run, "exited", MERGED)

    def _index(self, run: Run) -> None:
        if run.status == "active":
            self.of_person[run.profile_id].append(run.id)
            self.active[(run.journey_id, run.profile_id, run.entry_key)] = run.id

    # what people decided about those waiting

    def _obey_orders(self) -> None:
        for order in self.view.orders:
            run = self.runs[order.run_id]
            if run.status != "active":
                continue
            if order.action == "exit":
                self._end(run, "exited", order.reason)
            elif run.node in self.versions[order.version_id].graph.places:
                run.version_id = order.version_id
                self.changed[run.id] = run
            else:
                self._end(run, "exited", STEP_REMOVED)

    # what happened

    def _see_occurrences(self) -> None:
        """Ends and starts runs. Whether a rule holds is asked after the whole batch, so it is asked once a person."""
        found = [
            (occurrence, self.triggers.candidates(occurrence, self.merged, self.now))
            for occurrence in self.view.batch.occurrences
        ]
        concerned = {run.profile_id for run in self.runs.values() if self.versions[run.version_id].watches}
        concerned |= {c.profile_id for _, candidates in found for c in candidates if c.version.watches}
        self.members = self.view.batch.members_of(sorted(concerned)) if concerned else {}
        for run_id in self.runs:
            self._leave_by_rule(self.runs[run_id])
        for occurrence, candidates in found:
            if occurrence.kind == "event":
                self._leave_by_event(occurrence)
            for candidate in candidates:
                self._enter(candidate)

    def _leave_by_rule(self, run: Run) -> None:
        watch = self.versions[run.version_id].watches.get(EXIT_WHEN)
        if run.status == "active" and watch is not None and watch in self.members.get(run.profile_id, ()):
            self._end(run, "exited", EXIT_RULE)

    def _leave_by_event(self, occurrence: Occurrence) -> None:
        for run_id in self.of_person.get(survivor(occurrence.profile_id, self.merged), ()):
            run = self._run(run_id)
            graph = self.versions[run.version_id].graph
            if run.status != "active" or occurrence.time < run.event_time:
                continue
            for leave in graph.exit_on:
                same = not leave.same_key or entry_key(graph.entry_key, occurrence.properties) == run.entry_key
                if leave.match.event == occurrence.name and same and leave.match.holds(occurrence.properties):
                    self._end(run, "exited", EXIT_EVENT)
                    break

    def _enter(self, candidate: Candidate) -> None:
        version, occurrence = candidate.version, candidate.occurrence
        past = self.past.get(candidate.key)
        if candidate.key in self.active or not self._may_enter_again(version, past):
            return
        watch = version.watches.get(EXIT_WHEN)
        if watch is not None and watch in self.members.get(candidate.profile_id, ()):
            return
        run = Run(
            id=self.new_id(),
            journey_id=version.journey_id,
            version_id=version.version_id,
            profile_id=candidate.profile_id,
            entry_key=candidate.entry_key,
            entry=1 if past is None else past.entries + 1,
            status="active",
            reason="",
            node="",
            context=_context(occurrence),
            event_time=occurrence.time,
            entered_at=self.now,
        )
        self.new[run.id] = run
        self.visits[run.id] = {}
        self.past[candidate.key] = Past(run.entry, self.now)
        self._index(run)
        self._tell(run, "Journey Entered", {})
        self._go(run, version.graph.first)

    def _may_enter_again(self, version: LiveVersion, past: Past | None) -> bool:
        if past is None:
            return True
        after = version.graph.reentry
        return after is not None and self.now - past.last_entered_at >= after

    # time

    def _wake_due(self) -> None:
        """Every timer rings once: it is taken away whatever the step then says."""
        for timer in self.view.due:
            run = self.runs[timer.run_id]
            self._forget_timer(run.id)
            if run.status == "active":
                self._go(run, run.node, woken=True)

    # walking

    def _go(self, run: Run, node: str | None, *, woken: bool = False) -> None:
        """Take steps from `node` until one waits or the journey ends."""
        version = self.versions[run.version_id]
        for _ in range(MAX_STEPS + 1):
            if node is None:
                self._end(run, "done", FINISHED)
                return
            place = version.graph.places[node]
            kind = step_kinds()[place.step.type]
            visits = self.visits[run.id]
            if kind.acts and node in visits:
                node = place.next  # done before, in an earlier version
                continue
            context = StepContext(self.now, woken, self.members.get(run.profile_id, ()), version.watches.get(node))
            outcome = kind.run(place.step, context)
            execution_id = self._visit(run, node, outcome, woken)
            woken = False
            self._carry_out(run, node, outcome, execution_id)
            if outcome.wait_until is not None:
                self._wait(run, node, outcome.wait_until)
                return
            if outcome.end:
                self._end(run, "exited", EXIT_STEP, node)
                return
            node = place.next if outcome.branch is None else place.branches[outcome.branch]
        raise AssertionError(f"run {run.id} took more than {MAX_STEPS} steps at once")

    def _visit(self, run: Run, node: str, outcome: Outcome, woken: bool) -> int:
        visits = self.visits[run.id]
        if woken and node in visits:
            self.done.done.append(Done(run.id, node, outcome.word, self.now))
            return 0
        visits[node] = visits.get(node, 0) + 1
        execution = Execution(
            id=self.new_id(),
            run_id=run.id,
            journey_id=run.journey_id,
            node=node,
            visit=visits[node],
            outcome=outcome.word,
            at=self.now,
            done_at=None if outcome.wait_until is not None else self.now,
            detail={},
        )
        self.done.executions.append(execution)
        return execution.id

    def _carry_out(self, run: Run, node: str, outcome: Outcome, execution_id: int) -> None:
        if outcome.send is not None:
            watch = self.versions[run.version_id].watches.get(EXIT_WHEN)
            payload = {"event": run.context, "exit_segment": None if watch is None else str(watch)}
            self.done.messages.append(
                Outgoing(
                    id=self.new_id(),
                    idempotency_key=str(execution_id),
                    channel=outcome.send.channel,
                    profile_id=run.profile_id,
                    journey_id=run.journey_id,
                    run_id=run.id,
                    node=node,
                    template_id=outcome.send.template_id,
                    payload=payload | outcome.send.payload,
                    at=self.now,
                )
            )
        if outcome.traits is not None:
            self.done.trait_writes.append(TraitWrite(run.profile_id, dict(outcome.traits), f"step-{execution_id}"))

    def _wait(self, run: Run, node: str, until: int) -> None:
        run.node = node
        self.changed[run.id] = run
        self.fresh_timers[run.id] = Timer(run.id, run.journey_id, until, node)

    def _forget_timer(self, run_id: int) -> Timer | None:
        if (fresh := self.fresh_timers.pop(run_id, None)) is not None:
            return fresh  # set in this batch: never written
        timer = self.timers.pop(run_id, None)
        if timer is not None:
            self.done.ended_timers.append(run_id)
        return timer

    def _end(self, run: Run, status: str, reason: str, node: str | None = None) -> None:
        if node is not None:
            run.node = node
        run.status, run.reason, run.ended_at = status, reason, self.now
        self.changed[run.id] = run
        waited = self._forget_timer(run.id)
        if waited is not None:
            self.done.done.append(Done(run.id, waited.node, LEFT, self.now))
        self.active.pop((run.journey_id, run.profile_id, run.entry_key), None)
        self._tell(run, "Journey Ended", {"reason": reason})

    def _tell(self, run: Run, event: str, extra: dict[str, str]) -> None:
        version = self.versions[run.version_id]
        properties = {"journey_id": str(run.journey_id), "journey": version.journey, "run_id": str(run.id), **extra}
        key = f"run-{run.id}-{'entered' if event == 'Journey Entered' else 'ended'}"
        self.done.system_events.append(SystemEvent(run.profile_id, event, properties, key))

    def _run(self, run_id: int) -> Run:
        return self.new.get(run_id) or self.runs[run_id]


def _copy(run: Run) -> Run:
    return Run(**{name: getattr(run, name) for name in run.__struct_fields__})


def _context(occurrence: Occurrence) -> msgspec.Raw:
    """What started the run: templates read it as `event`."""
    if occurrence.kind == "event":
        names = {"event": occurrence.name, "message_id": occurrence.message_id}
    else:
        names = {"segment_id": occurrence.name}
    return msgspec.Raw(_encode(names | {"time": occurrence.time, "properties": occurrence.properties}))
