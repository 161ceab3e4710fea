"""Rings the bell: APScheduler's timer, a watchdog on a clock that nobody can set, and the threads of the
senders and of acts on many vendors.

Nothing depends on how many of these run, nor on any of them running without a pause: each job finds what is due in
the database. The timer keeps no jobs anywhere but in memory.
"""

import logging
import threading
from datetime import UTC, datetime, timedelta

from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.executors.base import BaseExecutor, run_job
from apscheduler.job import Job as TimerJob
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from sqlalchemy import Engine

from crm.core import clock
from crm.core.settings import Settings
from crm.jobs.bulk import BulkWorker
from crm.jobs.sender import Sender
from crm.jobs.timetable import TIMETABLE, Job
from crm.jobs.webhooks import WebhookSender

log = logging.getLogger(__name__)

GRACE_TICKS = 2
"""So many ticks late, the watchdog winds the timer up again."""
GRACE_SECONDS = 5.0


class Pause(BaseTrigger):  # type: ignore[misc]  # the package has no types
    """Fires at even pauses.

    Unlike the timer's own interval it does not count up the times that were missed, one by one: after weeks of sleep,
    or when the clock is set forward, that kept the process busy for minutes.
    """

    def __init__(self, length: timedelta) -> None:
        self._length = length

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """The end of the pause after the last time, or of one that begins now where that has passed."""
        following = (previous_fire_time or now) + self._length
        return following if following > now else now + self._length


class JobThreads(BaseExecutor):  # type: ignore[misc]  # the package has no types
    """A thread for each run of a job. None of them keeps the process from ending: for the threads of the timer's own
    pool Python waits at the end without limit, and a job may wait for a lock of the database."""

    def _do_submit_job(self, job: TimerJob, run_times: list[datetime]) -> None:
        threading.Thread(target=self._run, args=(job, run_times), name=f"job-{job.id}", daemon=True).start()

    def _run(self, job: TimerJob, run_times: list[datetime]) -> None:
        try:
            events = run_job(job, job._jobstore_alias, run_times, self._logger.name)
        except Exception as error:  # noqa: BLE001 - the timer tells it
            self._run_job_error(job.id, error, error.__traceback__)
        else:
            self._run_job_success(job.id, events)


class Scheduler:
    """All that recurs, in one process."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._settings = settings
        self._stopping = threading.Event()
        self._winding = threading.Lock()
        """Held by who changes the timer: none is wound up after the end."""
        self._rung: dict[str, float] = {}
        self._at_work: dict[threading.Thread, Job] = {}
        self._timer = self._new_timer()
        self._sender = Sender(engine, settings)
        self._bulk = BulkWorker(engine, settings)
        self._webhooks = WebhookSender(engine, settings)
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin: the first tick comes at once."""
        self._timer.start()
        self._threads = [
            threading.Thread(target=self._sender.run, name="mail-sender", daemon=True),
            threading.Thread(target=self._bulk.run, name="bulk-worker", daemon=True),
            threading.Thread(target=self._webhooks.run, name="webhook-sender", daemon=True),
            threading.Thread(target=self._watch, name="watchdog", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def stop(self, *, patience: float = 10.0) -> None:
        """Let what is at work come to its end, for so many seconds in all, and stop. What takes longer ends with the
        process: its transaction is undone, and its lease runs out."""
        deadline = clock.monotonic() + patience
        self._stopping.set()
        self._sender.stop()
        self._bulk.stop()
        self._webhooks.stop()
        with self._winding:
            self._timer.shutdown(wait=False)
        for thread in (*self._threads, *list(self._at_work)):
            thread.join(max(0.0, deadline - clock.monotonic()))

    def run_once(self) -> None:
        """Run every job that is due, and send what is due, once, in this thread."""
        for job in TIMETABLE:
            self._ring(job)
        self._bulk.work_once()
        self._sender.work_once()
        self._webhooks.work_once()

    def _new_timer(self) -> BackgroundScheduler:
        timer = BackgroundScheduler(
            timezone=UTC,
            executors={"default": JobThreads()},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        timer.add_listener(_report, EVENT_JOB_ERROR)
        for job in TIMETABLE:
            timer.add_job(
                self._ring,
                Pause(timedelta(seconds=self._seconds(job))),
                args=(job,),
                id=job.name,
                next_run_time=clock.now(),
            )
        return timer

    def _seconds(self, job: Job) -> float:
        every = job.every or timedelta(seconds=self._settings.tick_seconds)
        return every.total_seconds()

    def _ring(self, job: Job) -> None:
        """Do a job. Whatever happens in it, the next one comes."""
        self._rung[job.name] = clock.monotonic()
        self._at_work[threading.current_thread()] = job
        try:
            job.act(self._engine, self._settings)
        except Exception:
            log.exception("the job %s failed", job.name)
        finally:
            self._rung[job.name] = clock.monotonic()
            self._at_work.pop(threading.current_thread(), None)

    def _watch(self) -> None:
        """Look after the timer: it goes by the wall clock, which may be set back by hours, and its thread may die."""
        started = clock.monotonic()
        while not self._stopping.wait(max(self._settings.tick_seconds, 1.0)):
            try:
                at_work = list(self._at_work.values())  # to plan for thousands takes minutes: that is no silence
                for job in TIMETABLE:
                    if job in at_work:
                        continue
                    silence = clock.monotonic() - self._rung.get(job.name, started)
                    if silence > GRACE_TICKS * self._seconds(job) + GRACE_SECONDS:
                        with self._winding:
                            self._wind_up(job, silence)
            except Exception:
                log.exception("the watchdog stumbled")

    def _wind_up(self, job: Job, silence: float) -> None:
        if self._stopping.is_set():
            return
        log.warning("the job %s has been silent for %.0f s: winding the timer up", job.name, silence)
        self._rung[job.name] = clock.monotonic()
        thread = getattr(self._timer, "_thread", None)
        if thread is None or not thread.is_alive():
            self._timer = self._new_timer()
            self._timer.start()
            return
        self._timer.modify_job(job.name, next_run_time=clock.now())


def _report(event: JobExecutionEvent) -> None:
    log.error("the timer reports a failure in %s: %s", event.job_id, event.exception)
