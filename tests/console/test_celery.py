from __future__ import annotations

from console.celery import app


def test_schedule__every_entry__names_a_task_that_exists_and_never_piles_up() -> None:
    app.loader.import_default_modules()
    assert set(app.conf.beat_schedule) == {"tick", "retention"}
    for entry in app.conf.beat_schedule.values():
        assert entry["task"] in app.tasks
        assert entry["options"]["expires"] <= entry["schedule"]


def test_routes__ticks__wait_behind_no_other_task() -> None:
    queues = {name: app.amqp.router.route({}, name)["queue"].name for name in app.tasks if "." in name}
    assert queues["invocations.tick"] == "ticks"
    assert queues["invocations.drive"] == queues["invocations.retention"] == "celery"


def test_app__embedded_valkey__is_reached_through_its_socket() -> None:
    assert app.conf.broker_url.startswith("redis+socket:///")
    with app.connection_for_write() as connection:
        connection.ensure_connection(max_retries=1, timeout=5)


def test_app__worker_lost__task_is_given_to_another() -> None:
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
